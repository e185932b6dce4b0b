// The product's own toolkits at an emulator that somebody else wrote: what their users do, in the operations it has.
// Where it differs from a provider's description stands in README.md.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { within } from './emulate.mjs';

const ADA = { email: 'ada@example.com', name: 'Ada Lovelace' };
const GRACE = { email: 'grace@example.com', name: 'Grace Hopper' };
const HOUR = 3_600_000;

/** What an emulator begins with. */
const SEEDS = {
  github: { users: [{ login: 'ada', ...ADA }] },
  google: { users: [ADA] },
  microsoft: { users: [ADA] },
  slack: {
    team: { name: 'Looms', domain: 'looms' },
    users: [
      { name: 'ada', real_name: ADA.name, email: ADA.email },
      { name: 'grace', real_name: GRACE.name, email: GRACE.email },
    ],
    strict_scopes: true,
  },
};
const SERVICES = { github: 'github', slack: 'slack', outlook: 'microsoft' };

/** A scenario of one toolkit, with the scopes that it asks for; the everyday ones unless told. */
function of(toolkit, scenario, scopes) {
  const service = SERVICES[toolkit] ?? 'google';
  return within(service, { [toolkit]: scopes ? { scopes } : {} }, SEEDS[service], scenario);
}

const all = (list, member) => list.map((one) => one[member]);

/** Every item of a list, a page of `limit` at a time. */
async function paged(world, tool, member, params) {
  const items = [];
  let cursor;
  do {
    const page = await world.act(tool, { ...params, ...(cursor && { cursor }) });
    assert.ok(page[member].length <= params.limit, `${tool} keeps to its limit`);
    items.push(...page[member]);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

/** A repository of Ada's, and calls that name it. */
async function repository(world) {
  await world.connect('github', 'ada');
  const params = { name: 'looms', description: 'Weaving', private: true, auto_init: true };
  const made = await world.act('GITHUB_CREATE_A_REPOSITORY_FOR_THE_AUTHENTICATED_USER', params);
  assert.deepEqual([made.full_name, made.private, made.description], ['ada/looms', true, 'Weaving']);
  return (tool, more) => world.act(`GITHUB_${tool}`, { owner: 'ada', repo: 'looms', ...more });
}

/** A commit on top of another, as `git push` brings it. */
async function pushed({ front }, parent) {
  const headers = { authorization: front.last, 'content-type': 'application/json' };
  const send = async (what, body) => {
    const sent = { method: 'POST', headers, body: JSON.stringify(body) };
    return (await (await fetch(`${front.url}/repos/ada/looms/git/${what}`, sent)).json()).sha;
  };
  const tree = await send('trees', { tree: [{ path: 'shed.txt', mode: '100644', type: 'blob', content: 'open' }] });
  return send('commits', { message: 'Open the shed', tree, parents: [parent] });
}

test('github: an account, its repositories and their end', of('github', async (world) => {
  const inside = await repository(world);
  assert.equal((await world.act('GITHUB_GET_THE_AUTHENTICATED_USER')).login, 'ada');
  assert.equal((await inside('GET_A_REPOSITORY')).default_branch, 'main');
  const { repositories } = await world.act('GITHUB_LIST_REPOSITORIES_FOR_THE_AUTHENTICATED_USER');
  assert.deepEqual(all(repositories, 'full_name'), ['ada/looms']);
  const found = await world.act('GITHUB_SEARCH_REPOSITORIES', { q: 'looms user:ada' });
  assert.deepEqual(all(found.items, 'full_name'), ['ada/looms']);
  const code = await world.act('GITHUB_SEARCH_CODE', { q: 'looms repo:ada/looms' });
  assert.deepEqual(all(code.items, 'path'), ['README.md']);
  assert.deepEqual(await inside('LIST_REPOSITORY_WORKFLOWS'), { total: 0, workflows: [] });
  assert.equal((await inside('DELETE_A_REPOSITORY')).deleted, 'ada/looms');
  await assert.rejects(inside('GET_A_REPOSITORY'), /"status":404/);
}, ['repo', 'delete_repo']));

test('github: an issue from its report to its end', of('github', async (world) => {
  const inside = await repository(world);
  const title = 'A bug: `/x` fails with %2F & ü';
  const { number } = await inside('CREATE_AN_ISSUE', { title, body: 'Steps', labels: ['bug'] });
  const other = await inside('CREATE_AN_ISSUE', { title: 'Another' });
  const labels = await inside('ADD_LABELS_TO_AN_ISSUE', { issue_number: number, labels: ['later'] });
  assert.deepEqual(labels.labels, ['bug', 'later']);
  await inside('CREATE_AN_ISSUE_COMMENT', { issue_number: number, body: 'Seen *too*' });
  const { comments } = await inside('LIST_ISSUE_COMMENTS', { issue_number: number });
  assert.deepEqual(comments.map((one) => [one.author, one.body]), [['ada', 'Seen *too*']]);
  const oldest = { owner: 'ada', repo: 'looms', limit: 1, direction: 'asc' };
  const listed = await paged(world, 'GITHUB_LIST_REPOSITORY_ISSUES', 'issues', oldest);
  assert.deepEqual(all(listed, 'number'), [number, other.number]);
  const labelled = await inside('LIST_REPOSITORY_ISSUES', { labels: ['later'] });
  assert.deepEqual(all(labelled.issues, 'title'), [title]);
  const found = await world.act('GITHUB_SEARCH_ISSUES_AND_PULL_REQUESTS', { q: 'repo:ada/looms is:issue fails' });
  assert.deepEqual(found.items.map((one) => [one.repository, one.number]), [['ada/looms', number]]);
  await inside('UPDATE_AN_ISSUE', { issue_number: number, state: 'closed', state_reason: 'not_planned' });
  const closed = await inside('GET_AN_ISSUE', { issue_number: number });
  assert.deepEqual([closed.state, closed.state_reason, closed.comments], ['closed', 'not_planned', 1]);
  assert.deepEqual(all((await inside('LIST_REPOSITORY_ISSUES')).issues, 'number'), [other.number]);
}));

test('github: a branch becomes a pull request and is merged', of('github', async (world) => {
  const inside = await repository(world);
  const [main] = (await inside('LIST_BRANCHES')).branches;
  const sha = await pushed(world, main.sha);
  await inside('CREATE_A_REFERENCE', { ref: 'refs/heads/shed', sha });
  const { branches } = await inside('LIST_BRANCHES');
  assert.deepEqual(branches.map((one) => [one.name, one.sha]).sort(), [['main', main.sha], ['shed', sha]]);
  const wish = { head: 'shed', base: 'main', title: 'Open the shed', body: 'It was closed.' };
  const { number } = await inside('CREATE_A_PULL_REQUEST', wish);
  const { pull_requests: open } = await inside('LIST_PULL_REQUESTS');
  assert.deepEqual(open.map((one) => [one.title, one.head, one.base]), [['Open the shed', 'ada:shed', 'main']]);
  const verdict = { pull_number: number, event: 'COMMENT', body: 'Fine.' };
  assert.equal((await inside('CREATE_A_REVIEW_FOR_A_PULL_REQUEST', verdict)).state, 'COMMENTED');
  assert.equal((await inside('MERGE_A_PULL_REQUEST', { pull_number: number, merge_method: 'squash' })).merged, true);
  const merged = await inside('GET_A_PULL_REQUEST', { pull_number: number });
  assert.deepEqual([merged.state, merged.merged, merged.head_sha], ['closed', true, sha]);
  assert.deepEqual((await inside('LIST_PULL_REQUESTS')).pull_requests, []);
}));

test('gmail: a letter from sending to deleting', of('gmail', async (world) => {
  await world.connect('gmail', ADA.email);
  const attachments = [{ filename: 'a.txt', content: 'aGVsbG8=' }, { filename: 'b.bin', content: 'AP/+' }];
  const letter = { to: 'Ada <ada@example.com>', cc: [GRACE.email], subject: 'The plan', attachments };
  const sent = await world.act('GMAIL_SEND_EMAIL', { ...letter, body: '<p>Größe: 日本</p>', is_html: true });
  await world.act('GMAIL_SEND_EMAIL', { to: GRACE.email, subject: 'Other', body: 'Zeile\nnoch öine' });

  const found = await world.act('GMAIL_FETCH_EMAILS', { query: 'subject:plan has:attachment in:sent' });
  assert.deepEqual(all(found.messages, 'messageId'), [sent.messageId]);
  const pages = await paged(world, 'GMAIL_FETCH_EMAILS', 'messages', { query: 'in:sent', limit: 1 });
  assert.deepEqual(all(pages, 'subject').sort(), ['Other', 'The plan']);
  const read = await world.act('GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID', { message_id: sent.messageId });
  assert.deepEqual([read.subject, read.to, read.cc], ['The plan', 'Ada <ada@example.com>', GRACE.email]);
  assert.match(read.html, /^<p>Größe: 日本<\/p>\s*$/);
  assert.deepEqual(read.attachments.map((one) => [one.filename, one.size]), [['a.txt', 5], ['b.bin', 3]]);
  for (const [index, { attachmentId }] of read.attachments.entries()) {
    const file = { message_id: sent.messageId, attachment_id: attachmentId };
    assert.equal((await world.act('GMAIL_GET_ATTACHMENT', file)).content, attachments[index].content);
  }
  await world.act('GMAIL_DELETE_MESSAGE', { message_id: sent.messageId });
  await world.refused('GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID', { message_id: sent.messageId }, /"code":"notFound"/);
}, ['https://mail.google.com/']));

/** A letter of Ada's to Grace, and a call on it and on its conversation. */
async function conversation(world) {
  await world.connect('gmail', ADA.email);
  const attachments = [{ filename: 'a.txt', content: 'aGVsbG8=' }];
  const letter = { to: GRACE.email, subject: 'Looms', body: 'How many?', attachments };
  const { messageId, threadId } = await world.act('GMAIL_SEND_EMAIL', letter);
  const onLetter = (tool, more) => world.act(`GMAIL_${tool}`, { message_id: messageId, ...more });
  const onThread = (tool, more) => world.act(`GMAIL_${tool}`, { thread_id: threadId, ...more });
  return { messageId, threadId, onLetter, onThread };
}

test('gmail: a conversation is answered and forwarded', of('gmail', async (world) => {
  const { threadId, onLetter, onThread } = await conversation(world);
  const { rfcMessageId } = await onLetter('FETCH_MESSAGE_BY_MESSAGE_ID');
  await onThread('SEND_EMAIL', { to: GRACE.email, subject: 'Re: Looms', body: 'Two?', in_reply_to: rfcMessageId });
  await onThread('REPLY_TO_THREAD', { body: 'Three?' });
  const { messages } = await onThread('FETCH_MESSAGE_BY_THREAD_ID');
  assert.deepEqual(messages.map((one) => [one.subject, one.to, one.text.trim()]), [
    ['Looms', GRACE.email, 'How many?'],
    ['Re: Looms', GRACE.email, 'Two?'],
    ['Re: Looms', GRACE.email, 'Three?'],
  ]);
  const { messageId } = await onLetter('FORWARD_MESSAGE', { to: 'alan@example.com', body: 'See' });
  const forwarded = await world.act('GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID', { message_id: messageId });
  assert.deepEqual([forwarded.subject, forwarded.to], ['Fwd: Looms', 'alan@example.com']);
  assert.match(forwarded.text, /^See\s[^]*How many\?/);
  assert.deepEqual(all(forwarded.attachments, 'filename'), ['a.txt']);
  const { threads } = await world.act('GMAIL_LIST_THREADS', { query: `subject:Looms to:${GRACE.email}` });
  assert.deepEqual(all(threads, 'threadId'), [threadId]);
}));

test('gmail: labels are made, put on, told of and taken off', of('gmail', async (world) => {
  const { messageId, threadId, onLetter, onThread } = await conversation(world);
  const colours = { background_color: '#16a766', text_color: '#ffffff' };
  const label = await world.act('GMAIL_CREATE_LABEL', { name: 'Orders/2027', ...colours });
  const labels = async () => (await world.act('GMAIL_LIST_LABELS')).labels;
  const own = async () => all((await labels()).filter((one) => one.type === 'user'), 'name');
  assert.deepEqual(await own(), ['Orders/2027']);
  const { labelIds } = await onLetter('ADD_LABEL_TO_EMAIL', { add_label_ids: [label.id] });
  assert.deepEqual(labelIds.sort(), [label.id, 'SENT'].sort());
  const filed = await world.act('GMAIL_FETCH_EMAILS', { label_ids: [label.id], ids_only: true });
  assert.deepEqual(filed.messages, [{ messageId, threadId }]);
  const change = { message_ids: [messageId], add_label_ids: ['STARRED'], remove_label_ids: [label.id] };
  await world.act('GMAIL_BATCH_MODIFY_MESSAGES', change);
  await onThread('MODIFY_THREAD_LABELS', { add_label_ids: ['IMPORTANT'] });
  const starred = await world.act('GMAIL_FETCH_EMAILS', { query: 'is:starred' });
  assert.deepEqual(starred.messages.map((one) => one.labelIds.sort()), [['IMPORTANT', 'SENT', 'STARRED']]);
  const { changes } = await world.act('GMAIL_LIST_HISTORY', { start_history_id: '1', history_types: ['labelAdded'] });
  const added = changes.flatMap((one) => one.labelsAdded ?? []);
  assert.deepEqual(added.flatMap((one) => one.changedLabelIds), [label.id, 'STARRED', 'IMPORTANT']);
  await world.act('GMAIL_REMOVE_LABEL', { label_id: label.id });
  assert.deepEqual(await own(), []);
}));

test('gmail: letters and conversations go to the trash and come back', of('gmail', async (world) => {
  const { onLetter, onThread } = await conversation(world);
  await onThread('REPLY_TO_THREAD', { body: 'Two?' });
  const trash = { label_ids: ['TRASH'], include_spam_trash: true, ids_only: true };
  const inTrash = async () => (await world.act('GMAIL_FETCH_EMAILS', trash)).messages.length;
  await onLetter('MOVE_TO_TRASH');
  assert.equal(await inTrash(), 1);
  await onLetter('UNTRASH_MESSAGE');
  assert.equal(await inTrash(), 0);
  await onThread('MOVE_THREAD_TO_TRASH');
  assert.equal(await inTrash(), 2);
  await onThread('UNTRASH_THREAD');
  assert.equal(await inTrash(), 0);
}));

test('gmail: drafts are written, changed, listed, sent and thrown away', of('gmail', async (world) => {
  await world.connect('gmail', ADA.email);
  const draft = (subject) => world.act('GMAIL_CREATE_EMAIL_DRAFT', { to: 'grace@example.com', subject, body: 'x' });
  const [first, second] = [await draft('First'), await draft('Second')];
  const listed = await paged(world, 'GMAIL_LIST_DRAFTS', 'drafts', { limit: 1 });
  assert.deepEqual(all(listed, 'draftId').sort(), [first.draftId, second.draftId].sort());
  const change = { draft_id: first.draftId, to: 'alan@example.com', subject: 'Changed', body: 'y' };
  await world.act('GMAIL_UPDATE_DRAFT', change);
  const read = await world.act('GMAIL_GET_DRAFT', { draft_id: first.draftId });
  assert.deepEqual([read.subject, read.to, read.text.trim()], ['Changed', 'alan@example.com', 'y']);
  await world.act('GMAIL_SEND_DRAFT', { draft_id: first.draftId });
  await world.act('GMAIL_DELETE_DRAFT', { draft_id: second.draftId });
  assert.deepEqual((await world.act('GMAIL_LIST_DRAFTS')).drafts, []);
  const sent = await world.act('GMAIL_FETCH_EMAILS', { query: 'in:sent' });
  assert.deepEqual(all(sent.messages, 'subject'), ['Changed']);
}));

/** What is at which time of a day, whatever time zone it is written in. */
const hours = (periods) =>
  periods.map(({ start, end }) => [start, end].map((time) => new Date(time).toISOString().slice(11, 16)));

/** Three events of Ada's: two on the second of March, and a whole day. */
async function calendar(world) {
  await world.connect('google-calendar', ADA.email);
  const create = (event) => world.act('GOOGLECALENDAR_CREATE_EVENT', event);
  const at = { start_datetime: '2027-03-02T10:00:00+01:00', end_datetime: '2027-03-02T11:00:00+01:00' };
  const meeting = { description: 'Of looms', location: 'Room 1', attendees: [GRACE.email] };
  const review = await create({ summary: 'Review', ...at, ...meeting });
  await create({ summary: 'Lunch', start_datetime: '2027-03-02T11:30:00Z', event_duration_minutes: 30 });
  const leave = await create({ summary: 'Leave', start_datetime: '2027-03-04', end_datetime: '2027-03-05' });
  return { review, leave };
}
const DAY = { time_min: '2027-03-02T00:00:00Z', time_max: '2027-03-03T00:00:00Z' };

test('google calendar: events are made, listed, found and deleted', of('google-calendar', async (world) => {
  const { review, leave } = await calendar(world);
  assert.deepEqual([review.start, review.location], ['2027-03-02T10:00:00+01:00', 'Room 1']);
  assert.deepEqual(all(review.attendees, 'email'), [GRACE.email]);
  assert.deepEqual([leave.start, leave.end, leave.all_day], ['2027-03-04', '2027-03-05', true]);
  const listed = async () => all((await world.act('GOOGLECALENDAR_EVENTS_LIST', DAY)).events, 'summary');
  assert.deepEqual(await listed(), ['Review', 'Lunch']);
  const pages = await paged(world, 'GOOGLECALENDAR_EVENTS_LIST', 'events', { limit: 2 });
  assert.deepEqual(all(pages, 'summary'), ['Review', 'Lunch', 'Leave']);
  const found = await world.act('GOOGLECALENDAR_FIND_EVENT', { query: 'looms' });
  assert.deepEqual(all(found.events, 'id'), [review.id]);
  await world.act('GOOGLECALENDAR_DELETE_EVENT', { event_id: review.id });
  assert.deepEqual(await listed(), ['Lunch']);
  await world.refused('GOOGLECALENDAR_DELETE_EVENT', { event_id: review.id }, /"code":"notFound"/);
}));

test('google calendar: what is busy and what is free', of('google-calendar', async (world) => {
  await calendar(world);
  const { calendars } = await world.act('GOOGLECALENDAR_LIST_CALENDARS');
  assert.deepEqual(calendars.map((one) => [one.id, one.access_role, one.primary]), [['primary', 'owner', true]]);
  const busy = await world.act('GOOGLECALENDAR_FREE_BUSY_QUERY', { ...DAY, items: ['primary'] });
  assert.deepEqual(hours(busy.calendars[0].busy), [['09:00', '10:00'], ['11:30', '12:00']]);
  const morning = { time_min: '2027-03-02T08:00:00Z', time_max: '2027-03-02T12:00:00Z', items: ['primary'] };
  const { free } = await world.act('GOOGLECALENDAR_FIND_FREE_SLOTS', morning);
  assert.deepEqual(hours(free), [['08:00', '09:00'], ['10:00', '11:30']]);
  assert.deepEqual(all(free, 'minutes'), [60, 90]);
}));

test('google drive: files are made, uploaded, listed, moved and downloaded', of('google-drive', async (world) => {
  await world.connect('google-drive', ADA.email);
  const folder = await world.act('GOOGLEDRIVE_CREATE_FOLDER', { name: 'Größe & "plans"' });
  assert.equal(folder.name, 'Größe & "plans"');
  // A line end, bytes that are no text, and what looks like the end of a part.
  const bytes = Buffer.from([0, 255, 13, 10, 45, 45, 254, 13, 10]);
  const upload = { name: 'a.bin', content: bytes.toString('base64'), mime_type: 'application/octet-stream' };
  const file = await world.act('GOOGLEDRIVE_UPLOAD_FILE', { ...upload, parent_id: folder.id });
  assert.deepEqual([file.name, file.size, file.parents], ['a.bin', bytes.length, [folder.id]]);
  const note = { name: 'b.txt', text: 'höh\nline', parent_id: folder.id };
  const text = await world.act('GOOGLEDRIVE_CREATE_FILE_FROM_TEXT', note);
  const empty = await world.act('GOOGLEDRIVE_CREATE_FILE', { name: 'c.txt', mime_type: 'text/plain' });
  const download = (id) => world.act('GOOGLEDRIVE_DOWNLOAD_FILE', { file_id: id });
  assert.equal((await download(file.id)).content, upload.content);
  assert.equal((await download(text.id)).text, note.text);

  const listed = await paged(world, 'GOOGLEDRIVE_LIST_FILES', 'files', { folder_id: folder.id, limit: 1 });
  assert.deepEqual(all(listed, 'id').sort(), [file.id, text.id].sort());
  const folders = await world.act('GOOGLEDRIVE_FIND_FOLDER');
  assert.deepEqual(all(folders.files, 'id'), [folder.id]);
  const plain = await world.act('GOOGLEDRIVE_FIND_FILE', { q: "mimeType = 'text/plain'" });
  assert.deepEqual(all(plain.files, 'id').sort(), [text.id, empty.id].sort());

  await world.act('GOOGLEDRIVE_MOVE_FILE', { file_id: file.id, add_parents: 'root', remove_parents: folder.id });
  await world.act('GOOGLEDRIVE_UPDATE_FILE_PUT', { file_id: file.id, name: 'größer.bin' });
  const moved = await world.act('GOOGLEDRIVE_GET_FILE_METADATA', { file_id: file.id });
  assert.deepEqual([moved.name, moved.parents], ['größer.bin', ['root']]);
  await world.refused('GOOGLEDRIVE_GET_FILE_METADATA', { file_id: 'nowhere' }, /"code":"notFound"/);
}));

const THREE = { gmail: {}, 'google-calendar': {}, 'google-drive': {} };

test('google: toolkits of one client have a consent each', within('google', THREE, SEEDS.google, async (world) => {
  for (const toolkit of Object.keys(THREE)) {
    const account = await world.connect(toolkit, ADA.email);
    assert.deepEqual([account.status, account.account_label], ['active', ADA.email]);
  }
  await world.act('GMAIL_LIST_LABELS');
  await world.act('GOOGLECALENDAR_LIST_CALENDARS');
  await world.act('GOOGLEDRIVE_LIST_FILES');
}));

for (const [toolkit, tool, route] of [
  ['gmail', 'GMAIL_LIST_LABELS', 'POST /token'],
  ['outlook', 'OUTLOOK_GET_PROFILE', 'POST /common/oauth2/v2.0/token'],
]) {
  test(`${toolkit}: a token that is refused is renewed, once for all calls`, of(toolkit, async (world) => {
    await world.connect(toolkit, ADA.email);
    const exchanges = () => world.front.seen.filter((one) => one === route).length;
    assert.equal(exchanges(), 1);
    for (const more of [1, 2]) {
      await world.act(tool);
      world.endToken();
      await Promise.all(Array.from({ length: 10 }, () => world.act(tool)));
      assert.equal(exchanges(), 1 + more);
    }
    const [account] = (await world.call('GET', '/connections?user_id=u1')).connections;
    assert.equal(account.status, 'active');
  }));
}

test('gmail: a grant is revoked over there when the account is disconnected', of('gmail', async (world) => {
  const account = await world.connect('gmail', ADA.email);
  await world.call('DELETE', `/connections/${account.id}`);
  assert.ok(world.front.seen.includes('POST /revoke'));
  assert.deepEqual((await world.call('GET', '/connections?user_id=u1')).connections, []);
}));

/** A channel that the app made, and calls on it. */
async function channelOf(world) {
  await world.connect('slack', 'ada');
  const { id: channel } = await world.act('SLACK_CREATE_CHANNEL', { name: 'launch' });
  const inside = (tool, more) => world.act(`SLACK_${tool}`, { channel, ...more });
  const grace = await world.act('SLACK_FIND_USER_BY_EMAIL_ADDRESS', { email: GRACE.email });
  return { channel, inside, grace };
}

test('slack: a workspace and who is in it', of('slack', async (world) => {
  assert.equal((await world.connect('slack', 'ada')).account_label, 'Looms');
  assert.equal((await world.act('SLACK_FETCH_TEAM_INFO')).domain, 'looms');
  const bot = await world.act('SLACK_TEST_AUTH');
  const people = await paged(world, 'SLACK_LIST_ALL_USERS', 'users', { limit: 2 });
  const ours = people.filter((one) => one.name !== 'admin').map((one) => [one.name, one.is_bot]).sort();
  assert.deepEqual(ours, [['ada', false], ['grace', false], ['interop', true]]);
  assert.equal(people.find((one) => one.is_bot).id, bot.user_id);
  const { id: user } = people.find((one) => one.name === 'grace');
  const told = await world.act('SLACK_RETRIEVE_DETAILED_USER_INFORMATION', { user });
  assert.deepEqual([told.real_name, told.email], [GRACE.name, GRACE.email]);
  assert.equal((await world.act('SLACK_RETRIEVE_USER_PROFILE_INFORMATION', { user })).real_name, GRACE.name);
  assert.match((await world.act('SLACK_OPEN_DM', { users: [user] })).channel, /^D/);
}));

test('slack: a channel from its making to its end', of('slack', async (world) => {
  const { channel, inside } = await channelOf(world);
  await inside('SET_THE_TOPIC_OF_A_CONVERSATION', { topic: 'Größe & <looms>' });
  await inside('SET_A_CONVERSATION_S_PURPOSE', { purpose: 'To weave' });
  await inside('RENAME_A_CONVERSATION', { name: 'launched' });
  const now = await inside('RETRIEVE_CONVERSATION_INFORMATION');
  assert.deepEqual([now.name, now.topic, now.purpose], ['launched', 'Größe & <looms>', 'To weave']);
  const listed = await world.act('SLACK_LIST_ALL_CHANNELS', { channel_name: '#laun' });
  assert.deepEqual(all(listed.channels, 'id'), [channel]);
  const channels = await paged(world, 'SLACK_LIST_ALL_CHANNELS', 'channels', { limit: 1 });
  assert.deepEqual(all(channels, 'name').sort(), ['general', 'launched', 'random']);
  await inside('ARCHIVE_A_SLACK_CONVERSATION');
  const left = await world.act('SLACK_LIST_ALL_CHANNELS');
  assert.deepEqual(all(left.channels, 'name').sort(), ['general', 'random']);
}));

test('slack: people come into a channel and leave it', of('slack', async (world) => {
  const { inside, grace } = await channelOf(world);
  const bot = await world.act('SLACK_TEST_AUTH');
  const members = async () => (await inside('RETRIEVE_CONVERSATION_MEMBERS_LIST')).members.sort();
  await inside('INVITE_USERS_TO_A_SLACK_CHANNEL', { users: [grace.id] });
  assert.deepEqual(await members(), [bot.user_id, grace.id].sort());
  await inside('LEAVE_A_CONVERSATION');
  assert.deepEqual(await members(), [grace.id]);
  await inside('JOIN_AN_EXISTING_CONVERSATION');
  await inside('REMOVE_A_USER_FROM_A_CONVERSATION', { user: grace.id });
  assert.deepEqual(await members(), [bot.user_id]);
}));

test('slack: a message from its posting to its deletion', of('slack', async (world) => {
  const { channel, inside } = await channelOf(world);
  const { ts } = await inside('SEND_MESSAGE', { text: 'Fertig: größer' });
  await inside('SEND_MESSAGE', { text: 'Go', thread_ts: ts });
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*Rich*' } }];
  await inside('SEND_MESSAGE', { text: 'Rich', blocks });
  const thread = await inside('FETCH_MESSAGE_THREAD_FROM_A_CONVERSATION', { ts });
  assert.deepEqual(all(thread.messages, 'text'), ['Fertig: größer', 'Go']);
  const posted = await paged(world, 'SLACK_FETCH_CONVERSATION_HISTORY', 'messages', { channel, limit: 1 });
  assert.deepEqual(all(posted, 'text'), ['Rich', 'Fertig: größer']);
  const first = async () => (await inside('FETCH_CONVERSATION_HISTORY')).messages.find((one) => one.ts === ts);
  await inside('ADD_REACTION_TO_AN_ITEM', { timestamp: ts, name: 'rocket' });
  assert.deepEqual((await first()).reactions, [{ name: 'rocket', count: 1 }]);
  await inside('REMOVE_REACTION_FROM_ITEM', { timestamp: ts, name: 'rocket' });
  assert.equal((await first()).reactions, undefined);
  await inside('PINS_AN_ITEM_TO_A_CHANNEL', { timestamp: ts });
  const pins = async () => (await inside('LISTS_PINNED_ITEMS_IN_A_CHANNEL')).items.map((one) => one.message.ts);
  assert.deepEqual(await pins(), [ts]);
  await inside('UN_PINS_MESSAGE_FROM_CHANNEL', { timestamp: ts });
  assert.deepEqual(await pins(), []);
  const { permalink } = await inside('RETRIEVE_MESSAGE_PERMALINK_URL', { message_ts: ts });
  assert.ok(permalink.endsWith(`/archives/${channel}/p${ts.replace('.', '')}`), permalink);
  assert.equal((await inside('UPDATES_A_SLACK_MESSAGE', { ts, text: 'Changed' })).text, 'Changed');
  assert.equal((await first()).text, 'Changed');
  await inside('DELETES_A_MESSAGE_FROM_A_CHAT', { ts });
  assert.equal(await first(), undefined);
  await world.refused('SLACK_SEND_MESSAGE', { channel: 'C0NOWHERE', text: 'x' }, /"code":"channel_not_found"/);
}));

test('slack: messages for later and for one person, and files', of('slack', async (world) => {
  const { channel, inside, grace } = await channelOf(world);
  await inside('INVITE_USERS_TO_A_SLACK_CHANNEL', { users: [grace.id] });
  await inside('SENDS_EPHEMERAL_MESSAGES_TO_CHANNEL_USERS', { user: grace.id, text: 'Psst' });
  const soon = new Date(Date.now() + HOUR).toISOString().replace(/\.\d+/, '');
  const later = await inside('SCHEDULE_MESSAGE', { text: 'Later', post_at: soon });
  assert.equal(later.post_at, soon);
  const waiting = async () => all((await inside('LIST_SCHEDULED_MESSAGES_IN_A_CHANNEL')).scheduled_messages, 'text');
  assert.deepEqual(await waiting(), ['Later']);
  await inside('DELETE_A_SCHEDULED_MESSAGE_IN_A_CHAT', { scheduled_message_id: later.scheduled_message_id });
  assert.deepEqual(await waiting(), []);

  const file = await inside('UPLOAD_FILE', { filename: 'a.txt', text: 'höh', initial_comment: 'Here' });
  assert.deepEqual([file.name, file.size, file.channels], ['a.txt', 4, [channel]]);
  const { files } = await inside('LIST_FILES_WITH_FILTERS_IN_SLACK');
  assert.deepEqual(all(files, 'id'), [file.id]);
  const { messages } = await inside('FETCH_CONVERSATION_HISTORY');
  assert.deepEqual(messages.map((one) => [one.text, all(one.files ?? [], 'name')]), [['Here', ['a.txt']]]);
}));

test('slack: what the grant does not hold is refused before Slack is asked', of('slack', async (world) => {
  const account = await world.connect('slack', 'ada');
  assert.deepEqual(account.scopes.sort(), ['channels:read', 'chat:write']);
  await world.act('SLACK_LIST_ALL_CHANNELS');
  const before = world.front.seen.length;
  await world.refused('SLACK_LIST_ALL_USERS', {}, /"reason":"insufficient_scope"/);
  assert.equal(world.front.seen.length, before);
}, ['chat:write', 'channels:read']));

test('outlook: an account and its profile', of('outlook', async (world) => {
  const account = await world.connect('outlook', ADA.email);
  assert.deepEqual([account.status, account.account_label], ['active', ADA.email]);
  const profile = await world.act('OUTLOOK_GET_PROFILE');
  assert.deepEqual([profile.name, profile.email], [ADA.name, ADA.email]);
}));
