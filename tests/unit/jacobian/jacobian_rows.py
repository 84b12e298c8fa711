"""Rows of tables of Jacobians."""


def chosen(rows, **values):
    return [row for row in rows if all(row.get(k) == v for k, v in values.items())]
