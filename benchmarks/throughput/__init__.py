"""What a job costs: CPU, memory, time on the disk, beside a bare script on the same wire. `python -m benchmarks.throughput`."""
