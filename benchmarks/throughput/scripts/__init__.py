"""What is measured: each file is a script that runs in a process of its own and prints what it timed itself as a line of JSON."""
