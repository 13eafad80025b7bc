"""How an equation gets to its time: the schedule, samples, when to stop, who watches."""
