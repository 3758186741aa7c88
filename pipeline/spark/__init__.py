"""Training and prediction on Apache Spark, as processing jobs on AWS's Spark image; `program/` is what runs in them."""
