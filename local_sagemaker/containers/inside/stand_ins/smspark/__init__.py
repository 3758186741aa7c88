"""Stands in for `smspark` of AWS's Spark image: `smspark-submit`, over the package pyspark as `local[*]`."""
