"""Connected accounts: by a link that a person follows, or with a key that the app has already."""

import composio_client
from composio import exceptions
from composio.core.models.connected_accounts import auth_scheme
from twin import BACK, TwinTest

STATUSES = ["EXPIRED", "FAILED", "INACTIVE", "REVOKED", "INITIALIZING", "ACTIVE"]


class Accounts(TwinTest):
    def setUp(self):
        super().setUp()
        self.accounts = self.composio.connected_accounts

    def test_a_person_follows_a_link_and_the_account_is_active(self):
        config = self.twin.managed("gmail")
        request = self.accounts.link("user-1", config, callback_url=BACK, alias="work")
        pending = self.accounts.get(request.id)
        self.assertEqual((pending.status, pending.state.val.redirect_url), ("INITIATED", request.redirect_url))
        back = self.twin.decide(request.redirect_url, "allow", account="grace")
        self.assertEqual(back.geturl(), f"{BACK}&status=success&connected_account_id={request.id}")
        account = request.wait_for_connection(timeout=10)
        self.assertEqual((account.status, account.alias, account.auth_config.id), ("ACTIVE", "work", config))
        self.assertEqual(account.state.val.access_token, "REDACTED")
        listed = self.accounts.list(user_ids=["user-1"], toolkit_slugs=["gmail"], statuses=["ACTIVE"])
        self.assertEqual([one.id for one in listed.items], [request.id])
        with self.assertRaises(exceptions.ComposioMultipleConnectedAccountsError):
            self.accounts.link("user-1", config)

    def test_a_person_who_denies_ends_the_waiting(self):
        request = self.accounts.link("user-2", self.twin.managed("slack"))
        self.assertIn("status=failed", self.twin.decide(request.redirect_url, "deny").query)
        with self.assertRaisesRegex(exceptions.SDKError, "FAILED"):
            request.wait_for_connection()

    def test_a_person_types_the_key_at_the_link(self):
        request = self.accounts.link("user-3", self.twin.keyed())
        self.assertEqual(self.accounts.get(request.id).status, "INITIATED")
        self.twin.decide(request.redirect_url, "allow", generic_api_key="a-key-that-is-typed")
        account = request.wait_for_connection()
        self.assertEqual(account.state.auth_scheme, "API_KEY")
        self.assertNotIn("a-key-that-is-typed", account.model_dump_json())

    def test_a_key_that_the_app_has_already_connects_at_once(self):
        config = auth_scheme.api_key({"generic_api_key": "the-users-own-key"})
        request = self.accounts.initiate("user-4", self.twin.keyed(), config=config)
        self.assertEqual((request.status, request.redirect_url), ("ACTIVE", None))
        self.assertEqual(self.accounts.wait_for_connection(request.id).status, "ACTIVE")

    def test_tokens_of_ones_own_app_are_handed_over_or_asked_for(self):
        credentials = {"client_id": "c", "client_secret": "a-long-secret"}
        options = {"type": "use_custom_auth", "name": "own", "auth_scheme": "OAUTH2", "credentials": credentials}
        config = self.composio.auth_configs.create("github", options).id
        token = auth_scheme.oauth2({"access_token": "the-users-token"})
        handed = self.accounts.initiate("user-5", config, config=token)
        self.assertEqual(handed.status, "ACTIVE")
        asked = self.accounts.initiate("user-6", config, callback_url=BACK)
        self.assertEqual(asked.status, "INITIATED")
        self.twin.decide(asked.redirect_url, "allow", account="ada")
        self.assertEqual(asked.wait_for_connection().status, "ACTIVE")

    def test_the_retired_endpoint_is_told_apart(self):
        config = self.twin.managed("notion")
        retired = exceptions.ComposioLegacyConnectedAccountsEndpointRetiredError
        self.refused(retired, "ConnectedAccount_BadRequest", lambda: self.accounts.initiate("user-7", config))

    def test_an_account_is_disabled_enabled_revoked_and_deleted(self):
        made = self.twin.connected(self.twin.managed("gmail"), "user-8", "ada")
        self.assertTrue(self.accounts.disable(made).success)
        disabled = self.accounts.get(made)
        self.assertEqual((disabled.status, disabled.is_disabled), ("INACTIVE", True))
        self.assertTrue(self.accounts.enable(made).success)
        with self.assertWarns(exceptions.ComposioDeprecationWarning):
            self.assertEqual(self.accounts.refresh(made).status, "ACTIVE")
        revoked = self.accounts.revoke(made)
        self.assertEqual(sorted(revoked.revoked_tokens), ["access_token", "refresh_token"])
        self.assertEqual(revoked.connected_account.status, "REVOKED")
        self.assertEqual(self.accounts.get(made).state.val.status, "REVOKED")
        self.assertEqual(self.accounts.revoke(made).revoked_tokens, [])
        self.assertTrue(self.accounts.delete(made).success)
        self.refused(composio_client.NotFoundError, "ConnectedAccount_NotFound", lambda: self.accounts.get(made))

    def test_an_expired_account_is_connected_again_by_a_refresh(self):
        made = self.twin.connected(self.twin.managed("gmail"), "user-9", "ada")
        self.twin.command("set_composio_account_status", id=made, status="EXPIRED")
        with self.assertWarns(exceptions.ComposioDeprecationWarning):
            fresh = self.accounts.refresh(made, query_redirect_url=BACK)
        self.assertEqual((fresh.id, fresh.status), (made, "INITIATED"))
        self.assertEqual(self.accounts.get(made).state.val.redirect_url, fresh.redirect_url)
        self.twin.decide(fresh.redirect_url, "allow", account="ada")
        self.assertEqual(self.accounts.get(made).status, "ACTIVE")

    def test_in_every_state_an_account_has_the_shape_that_the_types_say(self):
        key = auth_scheme.api_key({"generic_api_key": "k"})
        made = [
            self.twin.connected(self.twin.managed("gmail"), "user-10", "ada"),
            self.twin.connected(self.twin.managed("trello"), "user-10", "ada"),
            self.twin.connected(self.twin.managed("open_ledger"), "user-10", "ada"),
            self.accounts.initiate("user-10", self.twin.keyed(), config=key).id,
        ]
        for account in made:
            for status in STATUSES:
                with self.subTest(account=account, status=status):
                    self.twin.command("set_composio_account_status", id=account, status=status)
                    self.assertEqual(self.accounts.get(account).status, status)

    def test_while_it_is_being_connected_an_account_has_the_shape_that_the_types_say(self):
        for toolkit in ("gmail", "trello", "open_ledger"):
            request = self.accounts.link("user-11", self.twin.managed(toolkit))
            pending = self.accounts.get(request.id)
            self.assertEqual((pending.status, pending.state.val.status), ("INITIATED", "INITIATED"), toolkit)

    def test_a_key_is_changed_and_the_account_stays_active(self):
        key = lambda value: auth_scheme.api_key({"generic_api_key": value})
        made = self.accounts.initiate("user-12", self.twin.keyed(), config=key("the-first-key")).id
        before = self.accounts.get(made)
        changed = {"state": {"auth_scheme": "API_KEY", "val": {"generic_api_key": "other-key-now"}}}
        self.assertTrue(self.accounts.update(made, alias="spare", connection=changed).success)
        after = self.accounts.get(made)
        self.assertEqual((after.status, after.alias), ("ACTIVE", "spare"))
        self.assertNotEqual(after.state.val.generic_api_key, before.state.val.generic_api_key)

    def test_accounts_come_page_by_page_the_latest_first(self):
        config = self.twin.managed("discord")
        made = [self.twin.connected(config, user, "ada") for user in ("page-1", "page-2", "page-3")]
        first = self.accounts.list(auth_config_ids=[config], limit=2)
        second = self.accounts.list(auth_config_ids=[config], limit=2, cursor=first.next_cursor)
        self.assertEqual([one.id for one in first.items + second.items], made[::-1])
        self.assertEqual((first.total_pages, second.next_cursor), (2, None))
