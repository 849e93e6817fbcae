"""The Celery application. `celery --app=src.app worker …` runs it."""

import ctypes
import signal

import redis
from celery import Celery
from celery.signals import worker_process_init

from . import settings

celery = Celery(
    "openrelik-worker-winlast",
    broker=settings.REDIS_URL,
    backend=settings.REDIS_URL,
    include=["src.tasks"],
)
celery.conf.update(settings.CELERY)
redis_client = redis.Redis.from_url(settings.REDIS_URL)

# PR_SET_PDEATHSIG of Linux's prctl(2).
SIGNAL_WHEN_PARENT_DIES = 1


@worker_process_init.connect
def die_with_the_worker(**_):
    """Has Linux kill this process when its worker dies.

    Without it the process would go on while its task is delivered to another worker.
    """
    ctypes.CDLL(None, use_errno=True).prctl(SIGNAL_WHEN_PARENT_DIES, signal.SIGKILL)
