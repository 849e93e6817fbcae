"""The tasks as OpenRelik sees them. It reads their metadata as literals: there is no expression in it."""

from openrelik_worker_common.task_utils import get_input_files

from . import work
from .app import celery
from .staging import TaskFolder


def _carry_out(task, do, title, files, output_path, workflow_id, config):
    folder = TaskFolder(output_path, task.request.id)
    return work.carry_out(work.Job(task, title, files, workflow_id, config or {}, folder), do)


@celery.task(
    bind=True,
    name="openrelik-worker-winlast.tasks.sessions",
    metadata={
        "display_name": "winlast: logon sessions",
        "description": "Who was logged on to a Windows computer, from when to when, and how each session ended. All files of the workflow are read as evidence of one computer.",
        "task_config": [
            {
                "name": "recover",
                "label": "Recover records from free space and damaged chunks too",
                "description": "They are flagged in the tables.",
                "type": "checkbox",
                "required": False,
            },
            {
                "name": "memory",
                "label": "Memory",
                "description": "What unpacked archives and sessions may take: 2G, 512M; 8G unless given. What does not fit is named among the findings.",
                "type": "text",
                "required": False,
            },
        ],
    },
)
def sessions(self, pipe_result=None, input_files=None, output_path=None, workflow_id=None, task_config=None):
    """All files of the workflow, which are of one computer, become one case."""
    files = get_input_files(pipe_result, input_files or [])
    return _carry_out(self, work.sessions, "Logon sessions", files, output_path, workflow_id, task_config)


@celery.task(
    bind=True,
    name="openrelik-worker-winlast.tasks.merge",
    metadata={
        "display_name": "winlast: merge cases",
        "description": "Joins the cases of many computers to one fleet. A computer that was collected twice becomes one.",
        "task_config": [
            {
                "name": "partitions",
                "label": "Parts",
                "description": "Divides the computers into so many cases, so that the sessions of one of them are in memory at a time: 16. Empty: one case.",
                "type": "text",
                "required": False,
            },
            {
                "name": "memory",
                "label": "Memory",
                "description": "What sessions may take: 2G, 512M; 8G unless given. What does not fit is named among the findings.",
                "type": "text",
                "required": False,
            },
        ],
    },
)
def merge(self, pipe_result=None, input_files=None, output_path=None, workflow_id=None, task_config=None):
    """All cases of the workflow become one."""
    files = get_input_files(pipe_result, input_files or [], filter=work.CASES)
    return _carry_out(self, work.merge, "Cases joined", files, output_path, workflow_id, task_config)


@celery.task(
    bind=True,
    name="openrelik-worker-winlast.tasks.trail",
    metadata={
        "display_name": "winlast: trail",
        "description": "Follows an account, a computer or a session from computer to computer through a fleet.",
        "task_config": [
            {
                "name": "who",
                "label": "Whom to follow",
                "description": "An account (name, DOMAIN\\name or SID), a computer, or a session as in session_id.",
                "type": "text",
                "required": True,
            },
            {
                "name": "memory",
                "label": "Memory",
                "description": "What sessions may take: 2G, 512M; 8G unless given.",
                "type": "text",
                "required": False,
            },
        ],
    },
)
def trail(self, pipe_result=None, input_files=None, output_path=None, workflow_id=None, task_config=None):
    """Follows somebody or something through the cases of the workflow."""
    files = get_input_files(pipe_result, input_files or [], filter=work.CASES)
    return _carry_out(self, work.trail, "Trail", files, output_path, workflow_id, task_config)
