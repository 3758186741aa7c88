"""EventBridge Scheduler: schedules that are kept, and fire, for operations of SageMaker."""
