"""How often a task was begun, counted in Redis: a file that kills each process that reads it must not go round for ever."""

# Longer than any task waits for its next delivery.
KEPT_SECONDS = 7 * 24 * 3600


def _key(task_id):
    return f"winlast:deliveries:{task_id}"


def begin(redis_client, task_id):
    """Counts one more delivery of the task, and returns how many there are with it."""
    with redis_client.pipeline() as both:
        both.incr(_key(task_id))
        both.expire(_key(task_id), KEPT_SECONDS)
        return both.execute()[0]


def end(redis_client, task_id):
    """Forgets a task that has ended, with a result or an error."""
    redis_client.delete(_key(task_id))
