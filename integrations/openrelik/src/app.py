"""The Celery application. `celery --app=src.app worker …` runs it."""

import redis
from celery import Celery

from . import settings

celery = Celery(
    "openrelik-worker-winlast",
    broker=settings.REDIS_URL,
    backend=settings.REDIS_URL,
    include=["src.tasks"],
)
celery.conf.update(settings.CELERY)
redis_client = redis.Redis.from_url(settings.REDIS_URL)
