"""How an equation evolves to its stopping time: the schedule, samples, stopping and progress."""
