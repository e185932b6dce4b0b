"""The binary as a developer starts it: `bbi serve --sandbox` in a folder of its own, and what it printed."""

import json
import os
import subprocess
import tempfile

TWINS = "Twins (users, faults, ledger): "


class Sandbox:
    def __init__(self, bbi):
        self.bbi, self.folder = bbi, tempfile.TemporaryDirectory()
        self.environment = {
            "PATH": os.environ["PATH"],
            "BBI_DATA_DIR": self.folder.name,
            "BBI_LISTEN": "127.0.0.1:0",
            "BBI_LOG": "warn",
        }

    def __enter__(self):
        command = [self.bbi, "serve", "--sandbox"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("ready "):
                self.url = line.split()[1]
            elif line.startswith(TWINS):
                self.twins = line.removeprefix(TWINS).strip()
            elif line.startswith("App id"):
                self.app_id = line.split()[-1]
            elif line.startswith('{"mcpServers"'):
                self.snippet = json.loads(line)["mcpServers"]["integrations"]
            elif line.startswith("twitter {"):
                self.x_client = json.loads(line.removeprefix("twitter "))
                break
        return self

    def __exit__(self, *_):
        self.process.terminate()
        if self.process.wait() != 0:
            raise SystemExit("bbi did not stop in order")
        self.process.stdout.close()
        self.folder.cleanup()
