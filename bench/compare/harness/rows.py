"""The rows of the table: what each workload measures, in the order in which it is shown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    workload: str  # what is run
    figure: str  # the name of the figure that it prints
    title: str


# A workload that prints one figure gives it its own name.
_ROWS = """
yield              yield              | yield, a switch
spawn_join         spawn_join         | spawn + join 1,000,000, each
spawn_wait         spawn_wait         | spawn one and wait, each
skynet             skynet             | skynet, 1,000,000 leaves
ping_pong          ping_pong          | unbuffered ping-pong, round trip
buffered_1x1       buffered_1x1       | buffered 128, 1×1
buffered_4x4       buffered_4x4       | buffered 128, 4×4
buffered_100x100   buffered_100x100   | buffered 128, 100×100
unbuffered_4x4     unbuffered_4x4     | unbuffered, 4×4
unbuffered_100x100 unbuffered_100x100 | unbuffered, 100×100
contended_channel  contended_channel  | buffered 128, 16×16, contended
select_2           select_2           | select of 2, two producers
select_2_turns     select_2_turns     | select of 2, one producer in turns
select_8           select_8           | select of 8, eight producers
select_8_turns     select_8_turns     | select of 8, one producer in turns
select_default_1   select_default_1   | one case + default
select_default_2   select_default_2   | two cases + default
sieve              sieve              | prime sieve of 2,000
ring               ring               | ring of 10,000, a hop
mutex_alone        mutex_alone        | mutex alone, lock + unlock
mutex_contended    mutex_contended    | mutex, 8 contend, 100 ns held
parallel_work      parallel_work      | 8 compute, a message every 10 µs
parallel_work      speed_up           | 8 compute, speed-up from 1 proc
sleepers           sleepers_wall      | 100,000 sleep 1–100 ms, until all are done
sleepers           sleepers_late_p99  | 100,000 sleep, lateness, p99
timer_start_stop   timer_start_stop   | timer, start + stop
time_after         time_after         | select with time::after
select_timeout     select_timeout     | select with timeout (Go: time.After)
parked_million     parked_bytes       | a million parked, memory of each
parked_million     parked_create      | a million parked, start of each
parked_million     parked_wake        | a million parked, wake of each
pread              pread              | pread of 4 KiB, 100 goroutines
wake_outside       wake_outside_p50   | woken by an outside thread, median
wake_outside       wake_outside_p99   | woken by an outside thread, p99
idle_cpu           idle_cpu           | CPU time in 10 s of idling
"""


def _parse(line):
    names, title = line.split("|")
    return Row(*names.split(), title.strip())


ROWS = [_parse(line) for line in _ROWS.strip().splitlines()]
WORKLOADS = list(dict.fromkeys(row.workload for row in ROWS))

# Run on these procs, whatever -p says.
OWN_PROCS = {"contended_channel": [4, 16]}

# They use no CPU, so that all sides may run at once; each takes 10 s.
ALL_AT_ONCE = {"idle_cpu"}

# The harness works this one out: the time on one proc, divided by the time on more.
SPEED_UP = Row("parallel_work", "speed_up", "")
# A higher figure is better; the ratio is turned over.
MORE_IS_BETTER = {"speed_up"}
