"""The settings of the worker. With these, no task is lost when a worker or one of its processes is killed."""

import os

REDIS_URL = os.getenv("REDIS_URL", "redis://localhost:6379/0")

# The program that does the work.
PROGRAM = os.getenv("WINLAST_PROGRAM", "winlast")

# A task of a worker that is gone is delivered again after so many seconds. It must be longer than the longest
# task: otherwise Redis delivers a task again that is still running.
VISIBILITY_SECONDS = float(os.getenv("WINLAST_VISIBILITY_SECONDS", "3600"))

# So often a task is begun. One that has killed its process so often is given up, with a report.
MOST_DELIVERIES = 2

CELERY = {
    # A message is acknowledged when its task has ended, so that the task of a killed process is not lost.
    "task_acks_late": True,
    # The message of a process that was killed goes back to the queue at once.
    "task_reject_on_worker_lost": True,
    # No process keeps a message that it has not begun: another worker may have it.
    "worker_prefetch_multiplier": 1,
    "broker_transport_options": {"visibility_timeout": VISIBILITY_SECONDS},
    # No task runs as long as the visibility timeout: first it is asked to end, and then it is killed.
    "task_soft_time_limit": VISIBILITY_SECONDS * 0.8,
    "task_time_limit": VISIBILITY_SECONDS * 0.9,
    # A worker that has lost Redis cannot acknowledge what it runs, and Redis delivers it again.
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "broker_connection_retry_on_startup": True,
}
