"""From pictures to packets, in closed segments."""
