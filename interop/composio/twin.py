"""Composio's twin as `bbi serve --sandbox` starts it, and Composio's own SDK for it."""

import logging
import os
import unittest
import urllib.parse

import httpx
from composio import Composio

from bbi import Sandbox

KEY = "ak_sandbox_composio_key"
BACK = "http://127.0.0.1:9/back?own=1"


class Warnings(logging.Handler):
    """What the SDK logs from a warning on."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


class Twin(Sandbox):
    def __enter__(self):
        super().__enter__()
        self.warnings = Warnings()
        logging.getLogger("composio").addHandler(self.warnings)
        self.clients = []
        self.composio = self.sdk(KEY)
        return self

    def __exit__(self, *error):
        for client in self.clients:
            client.close()
        logging.getLogger("composio").removeHandler(self.warnings)
        super().__exit__(*error)
        assert not self.warnings.said, self.warnings.said

    def sdk(self, key):
        """The SDK with a key. It tells nobody of itself, and takes no answer that is not as its types say."""
        base_url = f"{self.twins}backend.composio.dev"
        composio = Composio(api_key=key, base_url=base_url, allow_tracking=False)
        composio.client._strict_response_validation = True
        self.clients.append(composio.client)
        return composio

    def command(self, name, **fields):
        """A command of the sandbox, see its page."""
        answer = httpx.post(f"{self.twins}_sandbox/{name}", json=fields)
        assert answer.is_success, answer.text

    def fault(self, matcher, what, times=None):
        self.command("inject", provider="COMPOSIO", matcher=matcher, what=what, times=times)

    def asked(self):
        """What was asked of the twin since the ledger was cleared, as the names of the operations."""
        entries = httpx.get(f"{self.twins}_sandbox/ledger").json()["entries"]
        return [entry.get("operation") for entry in entries]

    def decide(self, link, decision, **filled):
        """Does in two requests what a person does at a link: looks at the page, decides. Returns where she is sent."""
        page = httpx.get(link)
        assert page.status_code == 200, page.text
        wanted = page.headers.get("x-sandbox-fields", "").split(",")
        assert set(filled) - {"account"} == set(filter(None, wanted)), wanted
        form = {"request": page.headers["x-sandbox-request"], "decision": decision, **filled}
        decided = httpx.post(link, data=form)
        assert decided.status_code == 303, decided.text
        return urllib.parse.urlsplit(decided.headers["location"])

    def managed(self, toolkit):
        options = {"type": "use_composio_managed_auth", "name": toolkit}
        return self.composio.auth_configs.create(toolkit, options).id

    def keyed(self, toolkit="pinecone"):
        options = {"type": "use_custom_auth", "name": "keys", "auth_scheme": "API_KEY", "credentials": {}}
        return self.composio.auth_configs.create(toolkit, options).id

    def connected(self, auth_config, user, person):
        """The id of an active account of `user`, who is the seed user `person`."""
        request = self.composio.connected_accounts.link(user, auth_config)
        self.decide(request.redirect_url, "allow", account=person)
        return request.wait_for_connection().id


class TwinTest(unittest.TestCase):
    """Tests that share one twin."""

    @classmethod
    def setUpClass(cls):
        cls.twin = cls.enterClassContext(Twin(os.environ["BBI"]))
        cls.composio = cls.twin.composio

    def setUp(self):
        self.twin.command("clear_faults")
        self.twin.command("clear_ledger")

    def refused(self, error, slug, call):
        """The call fails with this class of error, and with this slug where the twin said so."""
        with self.assertRaises(error) as caught:
            call()
        cause = caught.exception.__cause__ or caught.exception
        body = getattr(cause, "body", None) or {}
        answer = body.get("error", {})
        self.assertFalse(answer.get("message", "").startswith("sandbox:"), answer)
        self.assertEqual(answer.get("slug"), slug)
