"""Auth configs: made, found, changed, disabled, deleted."""

import composio_client
from twin import TwinTest

CLIENT = {"client_id": "client-1", "client_secret": "a-long-secret-of-one"}


class AuthConfigs(TwinTest):
    def setUp(self):
        super().setUp()
        self.auth_configs = self.composio.auth_configs

    def own(self, toolkit, scheme, credentials):
        options = {"type": "use_custom_auth", "name": "own", "auth_scheme": scheme, "credentials": credentials}
        return self.auth_configs.create(toolkit, options)

    def test_a_managed_auth_config_has_the_scopes_it_was_given_and_gets_others(self):
        options = {
            "type": "use_composio_managed_auth",
            "name": "Reading",
            "credentials": {"scopes": ["a"]},
            "tool_access_config": {"tools_for_connected_account_creation": ["GMAIL_FETCH_EMAILS"]},
        }
        made = self.auth_configs.create("gmail", options)
        self.assertEqual((made.auth_scheme, made.is_composio_managed), ("OAUTH2", True))
        before = self.auth_configs.get(made.id)
        self.assertEqual((before.type, before.credentials["scopes"]), ("default", ["a"]))

        # `auth_configs.update` forgets the scopes, its client does not.
        self.composio.client.auth_configs.update(made.id, type="default", scopes="a,b")
        after = self.auth_configs.get(made.id)
        self.assertEqual(after.credentials["scopes"], "a,b")
        self.assertEqual(after.tool_access_config, before.tool_access_config)
        self.assertTrue(self.auth_configs.update(made.id, options={"type": "default"}).success)
        self.assertEqual(self.auth_configs.get(made.id).credentials, after.credentials)

    def test_the_credentials_of_ones_own_app_are_masked_and_rotated_one_by_one(self):
        made = self.own("github", "OAUTH2", CLIENT | {"scopes": "repo"})
        before = self.auth_configs.get(made.id)
        self.assertEqual((before.type, before.credentials["client_id"]), ("custom", "client-1"))
        self.assertNotIn(CLIENT["client_secret"], before.model_dump_json())
        rotated = {"type": "custom", "credentials": {"client_secret": "other-secret-of-one"}}
        self.assertTrue(self.auth_configs.update(made.id, options=rotated).success)
        after = self.auth_configs.get(made.id)
        changed = {name for name, value in after.credentials.items() if value != before.credentials[name]}
        self.assertEqual((changed, set(after.credentials)), ({"client_secret"}, set(before.credentials)))

    def test_an_auth_config_is_renamed(self):
        made = self.twin.managed("notion")
        self.composio.client.auth_configs.update(made, type="default", name="Renamed", user_scopes="search:read")
        shown = self.auth_configs.get(made)
        self.assertEqual((shown.name, shown.credentials["user_scopes"]), ("Renamed", "search:read"))

    def test_what_a_toolkit_does_not_offer_is_refused(self):
        managed = {"type": "use_composio_managed_auth"}
        refused = [
            ("Auth_Config_DefaultAuthConfigNotFound", lambda: self.auth_configs.create("pinecone", managed)),
            ("Auth_Config_NoAuthApp", lambda: self.auth_configs.create("hackernews", managed)),
            ("Auth_Config_MissingRequiredField", lambda: self.own("shopify", "OAUTH2", {"client_secret": "only"})),
        ]
        for slug, call in refused:
            self.refused(composio_client.BadRequestError, slug, call)

    def test_auth_configs_are_listed_by_toolkit_words_and_pages(self):
        make = lambda name: self.auth_configs.create("slack", {"type": "use_composio_managed_auth", "name": name}).id
        ids = [make(name) for name in ("List one", "List two", "List three")]
        listed = lambda **query: [one.id for one in self.auth_configs.list(toolkit_slug="slack", **query).items]
        self.assertEqual(sorted(listed()), sorted(ids))
        self.assertEqual(listed(search="list TWO"), [ids[1]])
        self.assertEqual(listed(is_composio_managed=False), [])
        first = self.auth_configs.list(toolkit_slug="slack", limit=2)
        second = self.auth_configs.list(toolkit_slug="slack", limit=2, cursor=first.next_cursor)
        self.assertEqual((len(second.items), second.next_cursor, first.total_pages), (1, None, 2))

        self.assertTrue(self.auth_configs.disable(ids[0]).success)
        self.assertEqual(self.auth_configs.get(ids[0]).status, "DISABLED")
        self.assertNotIn(ids[0], listed())
        self.assertIn(ids[0], listed(show_disabled=True))
        self.assertTrue(self.auth_configs.enable(ids[0]).success)
        self.assertIn(ids[0], listed())

    def test_a_deleted_auth_config_is_gone(self):
        made = self.twin.keyed()
        self.assertTrue(self.auth_configs.delete(made).success)
        self.refused(composio_client.NotFoundError, "Auth_Config_NotFound", lambda: self.auth_configs.get(made))
        managed = self.twin.managed("gmail")
        account = self.twin.connected(managed, "user-1", "ada")
        self.assertTrue(self.composio.client.auth_configs.delete(managed, revoke_on_delete=True).success)
        gone = lambda: self.composio.connected_accounts.get(account)
        self.refused(composio_client.NotFoundError, "ConnectedAccount_NotFound", gone)
