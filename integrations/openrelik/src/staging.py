"""Where the files of a task lie: in a hidden folder while they are written, and then, by a rename, under their names.

OpenRelik expects a file that it registers at `OUTPUT_PATH/UUID.EXTENSION`. The UUIDs are made from the task id: a task
that is delivered again writes the same names, and leaves no second file. The other files stay in one folder, which gets
its name last. Where that folder is, the task is complete.
"""

import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from openrelik_worker_common.file_utils import OutputFile

# The file with what the task returned, in the folder of its files.
RESULT = "result"


@dataclass(frozen=True)
class Output:
    """A file that a task hands on."""

    # Its path in the task's folder.
    file: str
    display_name: str
    data_type: str
    # Whether OpenRelik shows it: that costs a row of its database and a hash.
    registered: bool = False


class TaskFolder:
    """The folder of the files of one task."""

    def __init__(self, output_path, task_id):
        self.task_id = task_id
        self.output_path = Path(output_path)
        self.final = self.output_path / f"winlast-{task_id}"
        self.staging = self.output_path / f".winlast-{task_id}"
        # What no other task needs: it is removed before the folder gets its name.
        self.scratch = self.staging / "scratch"

    def finished(self):
        """The result of an earlier delivery that was completed but not acknowledged, or None."""
        try:
            return (self.final / RESULT).read_text()
        except FileNotFoundError:
            return None

    def begin(self):
        """Removes what a killed delivery left, and makes an empty folder to write into."""
        self.discard()
        self.scratch.mkdir(parents=True)

    def discard(self):
        """Removes what is not finished."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def describe(self, output, source_file_id=None):
        """The output as OpenRelik's dictionary, with the path that it will have."""
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"winlast:{self.task_id}/{output.file}").hex
        extension = Path(output.display_name).suffix
        path = self.output_path / f"{name}{extension}" if output.registered else self.final / output.file
        return OutputFile(
            uuid=name,
            output_path=str(path),
            display_name=output.display_name,
            extension=extension,
            data_type=output.data_type,
            source_file_id=source_file_id,
            register_in_db=output.registered,
        ).to_dict()

    def finish(self, outputs, result):
        """Gives all files their names. `result` is what the task returns."""
        for output in outputs:
            if output.registered:
                os.replace(self.staging / output.file, self.describe(output)["path"])
        shutil.rmtree(self.scratch)
        (self.staging / RESULT).write_text(result)
        os.rename(self.staging, self.final)


def link_or_copy(source, target):
    """Gives the file a second name, or copies it where the file system does not allow that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
