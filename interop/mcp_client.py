"""The official MCP client against the binary: all seven actions, in both protocol revisions, over HTTP and over stdio.

Usage: mcp_client.py PATH-TO-BBI
"""

import asyncio
import html.parser
import json
import os
import sys
import urllib.parse

import bbi
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

SEND = {"to": "grace@example.com", "subject": "From an MCP client", "body": "Hello"}


class Form(html.parser.HTMLParser):
    """What a browser sends of a page's form when nothing is changed, without its button."""

    def __init__(self, page):
        super().__init__()
        self.fields = {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        sent = attributes.get("type") == "hidden" or "checked" in attributes
        if tag == "input" and sent and attributes["name"] not in ("decision", "account"):
            self.fields.setdefault(attributes["name"], []).append(attributes.get("value", ""))


class Sandbox(bbi.Sandbox):
    """The sandbox, and a user's browser."""

    async def consent(self, link, account):
        """What a user does who opens the link in a browser and allows everything."""
        async with httpx2.AsyncClient() as browser:
            page = await browser.get(link)
            sent = await browser.post(link, data=Form(page.text).fields)
            provider = sent.headers["location"]
            page = await browser.get(provider)
            choice = Form(page.text).fields | {"decision": "allow", "account": account}
            allowed = await browser.post(provider, data=choice)
            done = await browser.get(urllib.parse.urljoin(provider, allowed.headers["location"]))
            assert done.status_code == 200, done.text


class Caller:
    """`manage_integrations` through one client."""

    def __init__(self, sandbox, client):
        self.sandbox, self.client = sandbox, client

    async def __call__(self, action, **arguments):
        arguments |= {"app_id": self.sandbox.app_id, "action": action}
        result = await self.client.call_tool("manage_integrations", arguments)
        assert json.loads(result.content[0].text) == result.structured_content
        if result.is_error:
            raise Refused(result.structured_content["error"])
        return result.structured_content


class Refused(Exception):
    def __init__(self, error):
        super().__init__(error["code"], error["message"])
        self.code = error["code"]


async def refused(call):
    try:
        await call
    except Refused as error:
        return error.code
    raise AssertionError("it was not refused")


async def all_seven(sandbox, manage, user):
    """One user's life with Gmail and X."""
    tools = await manage.client.list_tools()
    assert "manage_integrations" in [tool.name for tool in tools.tools]

    available = await manage("list_available", search="mail")
    assert "gmail" in [one["toolkit"] for one in available["integrations"]]
    assert (await manage("configure", toolkit="gmail"))["enabled"]
    byo = await refused(manage("configure", toolkit="xero"))
    assert byo == "INTEGRATIONS_BYO_CREDENTIALS_REQUIRED", byo
    credentials = sandbox.x_client
    assert not (await manage("configure", toolkit="twitter", oauth_credentials=credentials))["managed"]
    await manage("rotate_credentials", toolkit="twitter", oauth_credentials=credentials)

    execute = {"tool_name": "GMAIL_SEND_EMAIL", "user_id": user, "params": SEND}
    missing = await refused(manage("execute_action", **execute))
    assert missing == "INTEGRATIONS_NOT_CONNECTED", missing
    async with httpx2.AsyncClient(headers=sandbox.snippet["headers"]) as http:
        connect = f"{sandbox.url}/v1/{sandbox.app_id}/integrations/connect"
        link = (await http.post(connect, json={"toolkit": "gmail", "userId": user})).json()
    await sandbox.consent(link["authUrl"], "ada@example.com")

    connected = (await manage("list_connected", user_id=user))["connections"]
    assert [one["status"] for one in connected] == ["active"], connected
    tools = (await manage("list_tools", toolkit="gmail", user_id=user))["tools"]
    assert {tool["name"]: tool["granted"] for tool in tools}["GMAIL_SEND_EMAIL"]
    sent = await manage("execute_action", **execute)
    assert sent["successful"] and sent["data"]["messageId"], sent
    find = {"tool_name": "GMAIL_FETCH_EMAILS", "params": {"query": f'in:sent subject:"{SEND["subject"]}"'}}
    found = await manage("execute_action", user_id=user, **find)
    assert sent["data"]["messageId"] in [one["messageId"] for one in found["data"]["messages"]], found

    await manage("disable", toolkit="gmail")
    disabled = await refused(manage("execute_action", **execute))
    assert disabled == "INTEGRATIONS_TOOLKIT_NOT_ENABLED", disabled


async def main(binary):
    with Sandbox(binary) as sandbox:
        for mode in ["legacy", "auto", "2026-07-28"]:
            async with httpx2.AsyncClient(headers=sandbox.snippet["headers"]) as http:
                transport = streamable_http_client(sandbox.snippet["url"], http_client=http)
                async with Client(transport, mode=mode) as client:
                    await all_seven(sandbox, Caller(sandbox, client), f"user-{mode}")
                    print(f"all seven actions over HTTP, {mode}: {client.protocol_version}")
        for mode in ["legacy", "2026-07-28"]:
            arguments = ["mcp", "--sandbox"]
            server = StdioServerParameters(command=binary, args=arguments, env=sandbox.environment)
            async with Client(server, mode=mode) as client:
                await all_seven(sandbox, Caller(sandbox, client), f"user-stdio-{mode}")
                print(f"all seven actions over stdio, {mode}: {client.protocol_version}")


asyncio.run(main(os.path.abspath(sys.argv[1])))
