"""What the jobs on Spark run: on the driver and, shipped with the containers' own code, on the executors."""
