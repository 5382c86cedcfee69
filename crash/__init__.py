"""The long proof, `make crash`: real processes killed at random instants, and many simulated lives of a state file."""
