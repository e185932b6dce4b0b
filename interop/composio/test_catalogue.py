"""Toolkits and tools, as the SDK lists them."""

import composio_client
from composio import exceptions
from twin import TwinTest


def names(fields):
    return [field.name for field in fields]


def slugs(items):
    return [item.slug for item in items]


class Catalogue(TwinTest):
    def test_all_toolkits_come_page_by_page_each_once(self):
        seen, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            page = self.composio.toolkits.list(limit=300, cursor=cursor, sort_by="alphabetically")
            seen += slugs(page.items)
            cursor, pages = page.next_cursor, pages + 1
        self.assertEqual((len(set(seen)), len(seen), pages), (page.total_items, page.total_items, page.total_pages))
        self.assertLessEqual({"gmail", "lantern_erp"}, set(seen))

    def test_toolkits_are_found_by_category_manager_and_slug(self):
        category = self.composio.toolkits.list_categories()[0].id
        for toolkit in self.composio.toolkits.list(category=category).items:
            self.assertIn(category, [one.id for one in toolkit.meta.categories])
        with self.assertWarns(exceptions.ComposioDeprecationWarning):
            managed = self.composio.toolkits.list(managed_by="composio", limit=50).items
        self.assertTrue(all(toolkit.composio_managed_auth_schemes for toolkit in managed))
        found = self.composio.toolkits.get_many(["slack", "gmail", "no_such_toolkit"])
        self.assertEqual(slugs(found), ["slack", "gmail"])
        first = self.composio.toolkits.get_many(["slack", "gmail"], sort_by="alphabetically", limit=1)
        self.assertEqual(slugs(first), ["gmail"])

    def test_every_curated_and_known_toolkit_has_the_shape_that_the_types_say(self):
        for slug in slugs(self.composio.toolkits.list(limit=60).items):
            self.assertEqual(self.composio.toolkits.get(slug).slug, slug)

    def test_a_toolkit_says_what_its_auth_config_and_its_accounts_need(self):
        toolkits = self.composio.toolkits
        gmail = toolkits.get("gmail")
        self.assertEqual([one.mode for one in gmail.composio_managed_auth], ["OAUTH2"])
        self.assertTrue(gmail.composio_managed_auth[0].scopes.available)
        required = toolkits.get_auth_config_creation_fields("gmail", "OAUTH2", True)
        self.assertEqual(names(required), ["client_id", "client_secret"])
        self.assertEqual(
            names(toolkits.get_connected_account_initiation_fields("freshdesk", "BASIC")),
            ["username", "password", "subdomain"],
        )

    def test_an_unknown_toolkit_is_not_found(self):
        unknown = lambda: self.composio.toolkits.get("no_such_toolkit")
        self.refused(composio_client.NotFoundError, "Toolkit_NotFound", unknown)

    def test_all_tools_of_a_large_toolkit_come_page_by_page(self):
        query = {"toolkit_slug": "lantern_erp", "limit": 50}
        page = self.composio.client.tools.list(**query)
        seen = slugs(page.items)
        while page.next_cursor:
            page = self.composio.client.tools.list(**query, cursor=page.next_cursor)
            seen += slugs(page.items)
        self.assertEqual((len(seen), len(set(seen)), page.total_items), (138, 138, 138))
        whole = self.composio.tools.get_raw_composio_tools(toolkits=["lantern_erp"], limit=1000)
        self.assertEqual(set(slugs(whole)), set(seen))

    def test_tools_are_found_by_toolkit_slug_and_words(self):
        found = self.composio.tools.get_raw_composio_tools
        named = ["GMAIL_SEND_EMAIL", "LANTERN_ERP_LIST_ITEMS"]
        self.assertEqual(sorted(slugs(found(tools=[*named, "NO_SUCH_TOOL"]))), named)
        self.assertEqual(slugs(found(search="sends an email", toolkits=["gmail"], limit=3))[0], "GMAIL_SEND_EMAIL")
        scope = "https://www.googleapis.com/auth/gmail.readonly"
        reading = slugs(found(toolkits=["gmail"], scopes=[scope]))
        self.assertIn("GMAIL_FETCH_EMAILS", reading)
        self.assertNotIn("GMAIL_SEND_EMAIL", reading)
        both = {one.split("_")[0] for one in slugs(found(toolkits=["gmail", "slack"], limit=100))}
        self.assertEqual(both, {"GMAIL", "SLACK"})

    def test_one_tool_comes_with_its_schema(self):
        tool = self.composio.tools.get_raw_composio_tool_by_slug("GMAIL_SEND_EMAIL")
        self.assertEqual(tool.input_parameters["required"], ["recipient_email", "subject", "body"])
        [wrapped] = self.composio.tools.get("somebody", slug="GMAIL_SEND_EMAIL")
        self.assertEqual(wrapped["function"]["name"], "GMAIL_SEND_EMAIL")

    def test_an_unknown_tool_is_not_found(self):
        get = self.composio.tools.get_raw_composio_tool_by_slug
        self.refused(exceptions.ToolNotFoundError, "Tool_ToolNotFound", lambda: get("GMAIL_NO_SUCH_TOOL"))

    def test_a_wrong_key_opens_nothing(self):
        stranger = self.twin.sdk("ak_of_somebody_else")
        self.refused(composio_client.AuthenticationError, "HTTP_Unauthorized", stranger.auth_configs.list)
