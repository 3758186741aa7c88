"""Means of the first reading by label, on Spark."""

import argparse

from fields import parsed
from pyspark.sql import SparkSession

parser = argparse.ArgumentParser()
parser.add_argument("--readings")
parser.add_argument("--means")
arguments = parser.parse_args()

spark = SparkSession.builder.appName("means").getOrCreate()
lines = spark.sparkContext.textFile(f"file://{arguments.readings}")
readings = lines.map(parsed).toDF(["label", "reading"])
means = readings.groupBy("label").avg("reading").orderBy("label")
means.coalesce(1).write.mode("overwrite").csv(f"file://{arguments.means}")
spark.stop()
