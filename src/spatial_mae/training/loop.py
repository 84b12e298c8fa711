"""The one training loop: pretraining, fine-tuning and training from scratch differ in their task.

Everything random is a function of (seed, epoch, step) and everything else is in the state: on the
CPU a killed and resumed run equals the unbroken one bit for bit, at equal numbers of threads.
Several processes compute the same sums in parts, and can be another number after each interruption.
"""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cache, partial

import torch
from torch import Tensor, nn

from spatial_mae.slurm.requeue import requeue_this_job
from spatial_mae.training import memory
from spatial_mae.training.averaging import MovingAverage
from spatial_mae.training.checkpointing import ResumeFile
from spatial_mae.training.execution import Chooser, Execution
from spatial_mae.training.gradients import Batch, Gradients, Task
from spatial_mae.training.loader import permutation, steps_per_epoch
from spatial_mae.training.optimiser import AdamW
from spatial_mae.training.position import Diverged, Interrupted, Position
from spatial_mae.training.processes import Processes
from spatial_mae.training.progress import Progress, Silence
from spatial_mae.training.recipe import OptimisationRecipe
from spatial_mae.training.run_folder import COMPLETED, DIVERGED, RunFolder
from spatial_mae.training.schedule import learning_rate
from spatial_mae.training.signals import StopRequest

CHECK_EVERY = 20  # steps between looks at the loss: each makes a GPU wait
SAVE_EPOCH_SECONDS = 10.0
CPU_IMAGES = 64  # a CPU is as fast with few images at once: enough to choose how to compute

Weights = dict[str, Tensor]


class Training:
    """A training run of `task`; `run()` brings it from where its resume file is to `until_epoch`.

    after_epoch(epoch, weights, position) is called for epoch 0 (before training) and after each
    epoch, before the state that says so is saved; of several processes by the first, which alone
    writes. Each keeps all of the state, equal in all of them.
    """

    def __init__(
        self,
        task: Task,
        recipe: OptimisationRecipe,
        seed: int,
        folder: RunFolder,
        resume: ResumeFile,
        after_epoch: Callable[[int, Weights, Position], None] = lambda *_: None,
        save_seconds: float = 60.0,
        processes: Processes | None = None,
        requeue: bool = False,
        until_epoch: int | None = None,
    ) -> None:
        self.task, self.recipe, self.seed, self.folder = task, recipe, seed, folder
        self.resume, self.after_epoch, self.save_seconds = resume, after_epoch, save_seconds
        self.processes, self.requeue = processes or Processes(), requeue
        self.device = next(task.module.parameters()).device
        self.optimiser = AdamW(task.groups(), recipe.betas)
        self.trained = self.optimiser.parameters
        self.average = MovingAverage(task.module, recipe.ema_decay)
        self.gradients = Gradients(task, self.device, recipe.micro_batch, self.processes)
        self.steps = steps_per_epoch(task.n_images, recipe.batch_size)
        self.batch_size = min(recipe.batch_size, task.n_images)
        self.position, self.until = Position(), until_epoch or recipe.epochs
        self.good: Weights = {}
        self.meter, self.stop = memory.Meter(self.device), StopRequest()

    def run(self) -> str:
        """Train until then; return "completed", or "diverged": the last good weights are back.

        On SIGINT, SIGTERM or SIGUSR1 ends the step in hand, saves and raises Interrupted. Raises
        RuntimeError if memory does not suffice for half a micro-batch either.
        """
        memory.keep_freed(self.device)
        with self.stop:
            self._restore()
            self.begun_at = self.position.passed
            with self._progress() as self.bar:
                try:
                    while self.position.epoch < self.until:
                        self._epoch()
                except Diverged:
                    self._return_to_good()
                    return DIVERGED
        return COMPLETED

    def weights(self) -> Weights:
        """State dict of the module; trained parameters are averages if the recipe asks for it."""
        return {**self.task.module.state_dict(), **self.average.values}

    def _progress(self) -> Progress | Silence:
        if not self.processes.is_first:
            return Silence()
        done = self.position.epoch + self.position.step / self.steps
        images = self.steps * self.batch_size
        return Progress(self.folder, self.until, images, done, self.position.seconds)

    def _epoch(self) -> None:
        position = self.position
        order = permutation(self.task.n_images, self.seed, position.epoch)
        batches = order.split(self.batch_size)[position.step : self.steps]
        self.gradients.will_read(batches, position.epoch)
        self.totals = torch.tensor([position.loss, position.correct], dtype=torch.float64)
        self.totals = self.totals.to(self.device)
        self.clock = time.perf_counter()
        for step in range(position.step, self.steps):
            self._pause()
            indices = order[step * self.batch_size : (step + 1) * self.batch_size]
            loss = self._step(indices, position.epoch, step)
            position.step, position.images = step + 1, position.images + len(indices)
            self.bar.step(len(indices), loss)
            if position.step % CHECK_EVERY == 0:
                self._check_loss()
        self._finish_epoch()

    def _step(self, indices: Tensor, epoch: int, step: int) -> Tensor:
        """One step of the optimiser; return the batch's mean loss."""
        sums = self.gradients.of(indices, epoch, step)
        if self.recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.trained, self.recipe.clip_norm)
        self.optimiser.step(self._rate(epoch, step))
        self.optimiser.zero_grad()
        self.average.update()
        self.totals += sums
        return sums[0]

    def _rate(self, epoch: int, step: int) -> float:
        recipe = self.recipe
        peak = recipe.base_learning_rate * recipe.batch_size / 256
        warmup, steps = recipe.warmup_epochs * self.steps, recipe.epochs * self.steps
        return learning_rate(epoch * self.steps + step, steps, warmup, peak)

    def _finish_epoch(self) -> None:
        position = self.position
        self._read_totals()
        rate = self._rate(position.epoch, self.steps - 1)
        row = position.finish_epoch(rate, self.task.counts_correct)
        self.bar.epoch(row["loss"])
        self._keep_good()
        self._tell_epoch()
        ended = position.epoch == self.until
        (due,) = self.processes.any(self._unsaved_for(min(SAVE_EPOCH_SECONDS, self.save_seconds)))
        if ended or due:
            self._save()

    def _pause(self) -> None:
        """Before a step: save if it is time to; save and leave if asked to."""
        stop, due = self.processes.any(self.stop.requested, self._unsaved_for(self.save_seconds))
        if stop or due:
            self._save()
        if stop:
            self.processes.wait()  # for the first one's file
            place = f"in epoch {self.position.epoch + 1}, before step {self.position.step + 1}"
            why = self.stop.name or "asked to stop"
            self._say(f"{why} {place}: state saved; run the same command again to continue")
            if self.requeue and self.processes.is_first and self.stop.name != "SIGINT":
                self._requeue()
            raise Interrupted

    def _unsaved_for(self, seconds: float) -> bool:
        return time.perf_counter() - self.saved_at > seconds

    def _requeue(self) -> None:
        """Do not requeue a job that had no time for one step."""
        if self.position.passed == self.begun_at:
            self._say("not requeued: no time for a single step; allow a longer runtime")
        else:
            self._say(requeue_this_job())

    def _check_loss(self) -> None:
        if not math.isfinite(float(self.totals[0])):
            raise Diverged

    def _check_parameters(self) -> None:
        """A gradient that is not finite leaves a parameter that is not."""
        largest = torch._foreach_norm([p.detach() for p in self.trained], ord=float("inf"))
        if not bool(torch.stack(largest).isfinite().all()):
            raise Diverged

    def _tell_epoch(self) -> None:
        if self.processes.is_first:
            self.after_epoch(self.position.epoch, self.weights(), self.position)

    def _keep_good(self) -> None:
        self.good = {name: value.clone() for name, value in self.weights().items()}

    def _return_to_good(self) -> None:
        self.task.module.load_state_dict(self.good)
        self.average.forget()
        done = self.position.epoch
        self._say(f"training diverged in epoch {done + 1}: weights are those after epoch {done}")

    def _read_totals(self) -> None:
        """Bring the position's sums, seconds and memory up to date. Raises Diverged."""
        position = self.position
        self._check_loss()
        self._check_parameters()
        position.loss, position.correct = self.totals.tolist()
        now = time.perf_counter()
        position.seconds += now - self.clock
        position.epoch_seconds += now - self.clock
        peak = self.processes.largest(self.meter.peak())
        position.peak_memory = max(position.peak_memory, peak)
        self.clock = now

    def _save(self) -> None:
        if self.position.step:
            self._read_totals()
        self.position.micro_batch = self.gradients.micro_batch
        if self.processes.is_first:
            self.resume.save(self._state())
        self.saved_at = self.clock = time.perf_counter()

    def _state(self) -> dict:
        return {
            "position": asdict(self.position),
            "module": self.task.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.values,
            "good": self.good if self.position.step else {},
        }

    def _load(self) -> dict | None:
        """The state to continue from. Raises RuntimeError if the processes read different ones."""
        state = self.processes.in_turn(self.resume.load)
        place = state and (state["position"]["epoch"], state["position"]["step"])
        if place != self.processes.first(place):
            raise RuntimeError(f"{self.resume.path} changed while the processes read it: try again")
        return state

    def _restore(self) -> None:
        self.saved_at = time.perf_counter()
        state = self._load()
        if state is None:
            self._begin()
            return
        self.position = Position(**state["position"])
        self.gradients.micro_batch = self.position.micro_batch
        self.task.use(self.position.execution)
        self.task.module.load_state_dict(state["module"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average.load(state["average"])
        self._keep_good()
        self.good |= {name: value.to(self.device) for name, value in state["good"].items()}
        self._say(f"continues after epoch {self.position.epoch}, step {self.position.step}")

    def _begin(self) -> None:
        found = self.processes.first(self._choose_execution() if self.processes.is_first else None)
        for name, value in vars(found).items():
            setattr(self.position, name, value)
        self.task.use(found)
        self._keep_good()
        self._tell_epoch()
        self._save()  # what was measured belongs to the run from now on

    def _choose_execution(self) -> Execution:
        """By the first process, alone, on a micro-batch of its size."""
        own = self.processes.part(self.batch_size).stop
        most = CPU_IMAGES if self.device.type == "cpu" else own
        size = min(own, most, self.gradients.micro_batch or own)
        batch = cache(lambda: self.task.batch(torch.arange(size, device=self.device), 0, 0))

        def step() -> None:
            try:
                self._trial(batch())
            finally:
                self.task.module.zero_grad()

        each = self.gradients.micro_batch or self.batch_size
        n_steps = self.recipe.epochs * self.steps * -(-self.batch_size // each)
        forget = partial(self.gradients.forget_memory, self.gradients.micro_batch)
        chooser = Chooser(self.task, step, size, self.device, n_steps, self._say, forget)
        whole = each >= self.batch_size and self.processes.size == 1
        compiling = getattr(self.recipe, "compile", "never")  # detectors have none
        return chooser.choose(self.recipe.precision, compiling, whole)

    def _trial(self, batch: Batch) -> None:
        """A forward and a backward pass by one process. Only plain ones may halve the batch."""
        if self.processes.size == 1 and self.task.mode() == "plain":
            self.gradients.of_batch(batch)
            return
        try:
            self.task.loss(batch)[0].backward()
        except Exception as error:  # the compiler's errors share no base class
            if memory.is_exhausted(error) or not self.task.give_up_compiling(error):
                raise
            self.task.loss(batch)[0].backward()

    def _say(self, line: str) -> None:
        if self.processes.is_first:
            print(line, file=sys.stderr, flush=True)
