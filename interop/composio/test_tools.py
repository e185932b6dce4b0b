"""Tools that are executed, and what happens in trouble."""

import composio_client
from composio import exceptions
from twin import TwinTest

MAIL = {"recipient_email": "alan@example.com", "subject": "From an SDK", "body": "Hello"}
LIST = "GET backend.composio.dev/api/v3.1/auth_configs"
EXECUTE = "/api/v3.1/tools/execute/"
TOO_MANY = {"status429": {"retry_after": 0}}


class Tools(TwinTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.twin.connected(cls.twin.managed("gmail"), "grace", "grace")

    def run_tool(self, slug, arguments, **more):
        options = {"user_id": "grace", "dangerously_skip_version_check": True, **more}
        return self.composio.tools.execute(slug, arguments, **options)

    def send(self, **more):
        return self.run_tool("GMAIL_SEND_EMAIL", MAIL, **more)

    def test_what_one_tool_writes_another_one_finds(self):
        sent = self.send(connected_account_id=self.account)
        self.assertEqual((sent["successful"], sent["error"]), (True, None))
        found = self.run_tool("GMAIL_FETCH_EMAILS", {"query": "from an sdk"})
        self.assertIn(sent["data"]["id"], [one["messageId"] for one in found["data"]["messages"]])

    def test_a_version_is_wanted_and_one_that_is_named_will_do(self):
        with self.assertRaises(exceptions.ToolVersionRequiredError):
            self.composio.tools.execute("GMAIL_SEND_EMAIL", MAIL, user_id="grace")
        version = self.composio.toolkits.get("gmail").meta.available_versions[0]
        sent = self.composio.tools.execute("GMAIL_SEND_EMAIL", MAIL, user_id="grace", version=version)
        self.assertTrue(sent["successful"])

    def test_arguments_that_do_not_fit_are_no_error_of_the_call(self):
        answer = self.run_tool("GMAIL_SEND_EMAIL", {name: MAIL[name] for name in ("recipient_email", "body")})
        error = "Invalid request data provided - Following fields are missing: {'subject'}"
        self.assertEqual((answer["successful"], answer["error"], answer["data"]), (False, error, {}))

    def test_an_unknown_tool_is_not_found(self):
        unknown = lambda: self.run_tool("GMAIL_NO_SUCH_TOOL", {})
        self.refused(exceptions.ToolNotFoundError, "Tool_ToolNotFound", unknown)

    def test_without_the_users_own_account_nothing_is_executed(self):
        not_found, bad = composio_client.NotFoundError, composio_client.BadRequestError
        cases = [
            (not_found, "ConnectedAccountNotFound", {"user_id": "nobody"}),
            (bad, "ConnectedAccountEntityIdMismatch", {"user_id": "ada", "connected_account_id": self.account}),
            (bad, "ConnectedAccountEntityIdRequired", {"user_id": None, "connected_account_id": self.account}),
            (not_found, "ConnectedAccountNotFound", {"connected_account_id": "ca_nowhere"}),
        ]
        for error, slug, body in cases:
            self.refused(error, f"ActionExecute_{slug}", lambda: self.send(**body))

    def test_an_account_that_has_expired_or_is_disabled_executes_nothing(self):
        status = lambda status: self.twin.command("set_composio_account_status", id=self.account, status=status)
        self.addCleanup(status, "ACTIVE")
        for state, error, slug in [
            ("EXPIRED", composio_client.APIStatusError, "ActionExecute_ConnectedAccountExpired"),
            ("INACTIVE", composio_client.UnprocessableEntityError, "ActionExecute_ConnectedAccountNotActive"),
        ]:
            status(state)
            self.refused(error, slug, lambda: self.send(connected_account_id=self.account))

    def test_a_read_is_tried_again_after_429_and_500(self):
        for what in ("status500", TOO_MANY):
            self.twin.command("clear_ledger")
            self.twin.fault(LIST, what, times=2)
            self.composio.auth_configs.list()
            self.assertEqual(self.twin.asked(), [None, None, "getAuthConfigs"])

    def test_a_read_gives_up_after_three_times(self):
        for what, error in [
            ("status500", composio_client.InternalServerError),
            (TOO_MANY, composio_client.RateLimitError),
        ]:
            self.setUp()
            self.twin.fault(LIST, what)
            with self.assertRaises(error):
                self.composio.auth_configs.list()
            self.assertEqual(len(self.twin.asked()), 3)

    def test_an_execution_is_never_tried_again(self):
        troubles = [
            ("status500", composio_client.InternalServerError),
            (TOO_MANY, composio_client.RateLimitError),
            ("html502", composio_client.InternalServerError),
            ("reset_before", composio_client.APIConnectionError),
            ("reset_after", composio_client.APIConnectionError),
        ]
        self.send()
        for what, error in troubles:
            self.setUp()
            self.twin.fault(EXECUTE, what, times=1)
            with self.assertRaises(error):
                self.send()
            self.assertEqual(len(self.twin.asked()), 1, what)
