"""The linear MAE without d x d matrices: second moments that are only applied to vectors.

V = (1-e) S + e D is solved for by conjugate gradients. S is applied as X^T (X v) / n, as an FFT of
a stationary covariance, or as a mixture of both; D, the part of S inside patches, is exact, and its
inverse the preconditioner: the condition number of D^-1 V is at most 1 + (1-e) P / e for P patches,
whatever that of S.
"""
