//! Microsoft's authorization server: numbered errors, `offline_access` for a refresh token, and refresh tokens that
//! are replaced at every use while the old ones go on working. There is nothing to revoke with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::authorize::{Dialect, Pending, Refusal, begin, scope_words};
use super::clients::ClientRefusal;
use super::codes::{Claim, Code, CodeRefusal, redeem};
use super::consent::{Terms, ask_or_decide};
use super::read_form;
use super::tokens::{Dead, Mint, Role, grant_access, issue, present};
use crate::microsoft::{TENANT, user_id};
use crate::people;
use crate::provider::Provider;
use crate::stage::Stage;
use crate::wire::{Answer, Pairs, Request};

const PROVIDER: Provider = Provider::Microsoft;
const ACCESS_LIFETIME: i64 = 3599;
/// 90 days.
const REFRESH_LIFETIME: i64 = 90 * 24 * 3600;
const CODE_LIFETIME: i64 = 600;
const GRAPH: &str = "https://graph.microsoft.com/";
const OFFLINE: &str = "offline_access";
const OPENID: &[&str] = &["openid", "profile", "email", OFFLINE];

/// Delegated permissions of Microsoft Graph, which apps ask for with or without the address in front.
const SCOPES: &str = "Calendars.Read Calendars.Read.Shared Calendars.ReadBasic Calendars.ReadWrite \
    Calendars.ReadWrite.Shared Contacts.Read Contacts.Read.Shared Contacts.ReadWrite \
    Contacts.ReadWrite.Shared Files.Read Files.Read.All Files.ReadWrite Files.ReadWrite.All \
    Mail.Read Mail.Read.Shared Mail.ReadBasic Mail.ReadBasic.Shared Mail.ReadWrite \
    Mail.ReadWrite.Shared Mail.Send Mail.Send.Shared MailboxFolder.Read MailboxFolder.ReadWrite \
    MailboxItem.Read MailboxSettings.Read MailboxSettings.ReadWrite OnlineMeetings.Read \
    OnlineMeetings.ReadWrite People.Read Place.Read.All Presence.Read Tasks.Read Tasks.ReadWrite \
    User.Read User.ReadBasic.All User.ReadWrite";

const DIALECT: Dialect = Dialect {
    provider: PROVIDER,
    known: &[
        "client_id",
        "response_type",
        "redirect_uri",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "login_hint",
        "domain_hint",
        "code_challenge",
        "code_challenge_method",
    ],
    unknown_client: (
        400,
        "unauthorized_client",
        "AADSTS700016: Application was not found in the directory. This can happen if the application has not been \
         installed by the administrator of the tenant or consented to by any user in the tenant.",
    ),
    redirect_mismatch: (
        400,
        "invalid_request",
        "AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured for the \
         application.",
    ),
    invalid_request: "invalid_request",
};

pub(crate) fn authorize(stage: &mut Stage<'_>, request: &Request) -> Answer {
    ask_or_decide(stage, PROVIDER, request, asked, terms)
}

fn asked(stage: &mut Stage<'_>, request: &Request) -> Result<Pending, Refusal> {
    let query = &request.query;
    let invalid = |message: String| Refusal::new(400, "invalid_request", message);
    if let Some(name) = query.lacking(&["client_id", "response_type", "scope"]) {
        return Err(invalid(lacking(name)));
    }
    let mut pending = begin(stage, &DIALECT, query)?;
    if !matches!(query.get("response_mode"), None | Some("query")) {
        return Err(invalid("sandbox: of the response modes only query is served".to_owned()));
    }
    if !matches!(query.get("prompt"), None | Some("login" | "consent" | "select_account")) {
        return Err(invalid(
            "sandbox: of the prompts login, consent and select_account are served".to_owned(),
        ));
    }
    pending.scopes = scope_words(query.get("scope").unwrap_or_default(), &[' ']);
    match pending.scopes.iter().find(|scope| !is_known(scope)) {
        Some(scope) => Err(Refusal::new(400, "invalid_client", unknown_scope(scope))),
        None => Ok(pending),
    }
}

fn is_known(scope: &str) -> bool {
    let short = scope.strip_prefix(GRAPH).unwrap_or(scope);
    OPENID.contains(&scope) || SCOPES.split(' ').any(|known| known.eq_ignore_ascii_case(short))
}

fn unknown_scope(scope: &str) -> String {
    format!(
        "AADSTS650053: The application asked for scope '{scope}' that doesn't exist on the resource \
         '00000003-0000-0000-c000-000000000000'."
    )
}

fn lacking(name: &str) -> String {
    format!("AADSTS900144: The request body must contain the following parameter: '{name}'.")
}

fn terms(stage: &mut Stage<'_>, _: &mut Pending, _: &str) -> Terms {
    Terms {
        lifetime: CODE_LIFETIME,
        code: format!("1.A{}", stage.word(180)),
        extra: vec![("session_state", stage.uuid())],
        denied: &[
            ("error_subcode", "cancel"),
            ("error_description", "AADSTS65004: User declined to consent to access the app."),
        ],
    }
}

/// One refusal: status, OAuth's code, Microsoft's number, and the sentence.
struct Fault(u16, &'static str, u32, String);

impl Fault {
    fn request(number: u32, text: impl Into<String>) -> Self {
        Self(400, "invalid_request", number, text.into())
    }

    fn grant(number: u32, text: impl Into<String>) -> Self {
        Self(400, "invalid_grant", number, text.into())
    }

    fn client(number: u32, text: impl Into<String>) -> Self {
        Self(401, "invalid_client", number, text.into())
    }

    fn answer(self, stage: &mut Stage<'_>) -> Answer {
        let Self(status, error, number, text) = self;
        stage.note.detail("outcome", error);
        let (trace, correlation) = (stage.uuid(), stage.uuid());
        let timestamp = stage.now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"
            ),
            "error_codes": [number],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
        });
        Answer::json(status, &body).with("cache-control", "no-store")
    }
}

pub(crate) fn token(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match exchange(stage, request) {
        Ok(answer) => answer,
        Err(fault) => fault.answer(stage),
    }
}

fn exchange(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Fault> {
    let known = [
        "client_id",
        "client_secret",
        "grant_type",
        "scope",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
    ];
    let form = read_form(request, &known).map_err(|message| Fault::request(900_144, message))?;
    let needed = |name: &str| {
        let found = form.filled(name);
        found.ok_or_else(|| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            Fault::request(900_144, text)
        })
    };
    let grant_type = needed("grant_type")?;
    stage.note.operation = Some(grant_type.to_owned());
    let client_id = authenticate(stage, request, &form)?;
    let asked = form.filled("scope").map(|scopes| scope_words(scopes, &[' ']));
    match grant_type {
        "authorization_code" => {
            let claim = Claim {
                provider: PROVIDER,
                code: needed("code")?,
                client_id: &client_id,
                redirect_uri: Some(needed("redirect_uri")?),
                verifier: form.get("code_verifier"),
            };
            let code = redeem(stage, &claim).map_err(|refusal| code_fault(stage, refusal))?;
            exchanged(stage, code, asked)
        }
        "refresh_token" => refresh(stage, needed("refresh_token")?, &client_id, asked),
        other => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            Err(Fault(400, "unsupported_grant_type", 70_003, text))
        }
    }
}

fn authenticate(stage: &mut Stage<'_>, request: &Request, form: &Pairs) -> Result<String, Fault> {
    stage.note.client_id = form.get("client_id").map(str::to_owned);
    let found = stage.world.oauth.authenticate_client(PROVIDER, request, form);
    let client_id = found.map(|client| client.client_id.clone()).map_err(|refusal| match refusal {
        ClientRefusal::Missing if form.filled("client_id").is_none() => {
            Fault::request(900_144, "The request body must contain the following parameter: 'client_id'.")
        }
        ClientRefusal::Missing => Fault::client(
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        ),
        ClientRefusal::Twice => Fault::request(9_002_313, "sandbox: client credentials came twice."),
        ClientRefusal::Unknown => Fault(
            400,
            "unauthorized_client",
            700_016,
            "Application was not found in the directory. This can happen if the application has not been installed \
             by the administrator of the tenant or consented to by any user in the tenant."
                .to_owned(),
        ),
        ClientRefusal::WrongSecret => Fault::client(
            7_000_215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID.",
        ),
    })?;
    stage.note.client_id = Some(client_id.clone());
    Ok(client_id)
}

fn code_fault(stage: &mut Stage<'_>, refusal: CodeRefusal) -> Fault {
    match refusal {
        CodeRefusal::Unknown | CodeRefusal::OtherClient => {
            Fault::grant(70_000, "The provided value for the 'code' parameter is not valid.")
        }
        CodeRefusal::Expired => Fault::grant(
            70_008,
            "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive \
             authorization request for this user and resource.",
        ),
        CodeRefusal::Replayed { family } => {
            stage.world.oauth.end_family(PROVIDER, family);
            Fault::grant(
                54_005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an \
                 existing refresh token.",
            )
        }
        CodeRefusal::OtherRedirect => Fault::client(
            500_112,
            "The reply address does not match the reply address provided when requesting Authorization code.",
        ),
        CodeRefusal::VerifierMissing | CodeRefusal::VerifierWrong => Fault::grant(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ),
        CodeRefusal::VerifierUnasked => {
            Fault::grant(501_481, "sandbox: a code_verifier came, but no code_challenge was sent.")
        }
    }
}

/// What the access token may do: all that was consented to, or the part of it that the call asks for.
fn narrowed(granted: &[String], asked: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    let Some(asked) = asked else {
        return Ok(granted.to_vec());
    };
    let same = |left: &str, right: &str| {
        let short = |scope: &str| scope.strip_prefix(GRAPH).unwrap_or(scope).to_ascii_lowercase();
        short(left) == short(right)
    };
    match asked.iter().find(|scope| !granted.iter().any(|own| same(own, scope))) {
        Some(scope) if !is_known(scope) => {
            let text = format!("The provided value for the input parameter 'scope' is not valid: {scope}.");
            Err(Fault(400, "invalid_scope", 70_011, text))
        }
        Some(_) => Err(Fault::grant(
            65_001,
            "The user or administrator has not consented to use the application. Send an interactive authorization \
             request for this user and resource.",
        )),
        None => Ok(asked),
    }
}

fn exchanged(stage: &mut Stage<'_>, code: Code, asked: Option<Vec<String>>) -> Result<Answer, Fault> {
    let scopes = narrowed(&code.scopes, asked)?;
    let mint = code.mint();
    Ok(tokens(stage, mint, scopes, code.nonce.as_deref()))
}

/// The old refresh token stays as good as the new one.
fn refresh(
    stage: &mut Stage<'_>,
    value: &str,
    client_id: &str,
    asked: Option<Vec<String>>,
) -> Result<Answer, Fault> {
    let token = present(stage, PROVIDER, value, client_id).map_err(|dead| match dead {
        Dead::Expired => Fault::grant(
            700_082,
            "The refresh token has expired due to inactivity. The token was inactive for 90.00:00:00.",
        ),
        Dead::Revoked | Dead::Reused => Fault::grant(
            50_173,
            "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might \
             have changed or reset their password.",
        ),
        Dead::Unknown | Dead::OtherClient => Fault::grant(70_000, "Provided grant is invalid or malformed."),
    })?;
    let mint = token.successor();
    let scopes = narrowed(&mint.scopes, asked)?;
    Ok(tokens(stage, mint, scopes, None))
}

fn tokens(stage: &mut Stage<'_>, mint: Mint, scopes: Vec<String>, nonce: Option<&str>) -> Answer {
    let value = format!("EwB{}", stage.word(297));
    let granted = Mint { scopes: scopes.clone(), ..mint.clone() };
    grant_access(stage, &granted, &value, Some(ACCESS_LIFETIME));
    // What is not a permission of the resource is not in the list.
    let listed: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| *scope != OFFLINE).collect();
    let mut body = json!({
        "token_type": "Bearer",
        "scope": listed.join(" "),
        "expires_in": ACCESS_LIFETIME,
        "ext_expires_in": ACCESS_LIFETIME,
        "access_token": value,
    });
    if scopes.iter().any(|scope| scope == "openid") {
        body["id_token"] = Value::from(id_token(stage, &mint, &scopes, nonce));
    }
    if mint.scopes.iter().any(|scope| scope == OFFLINE) {
        let value = format!("1.A{}", stage.word(400));
        issue(stage, Role::Refresh, mint, &value, Some(REFRESH_LIFETIME));
        body["refresh_token"] = Value::from(value);
    }
    Answer::json(200, &body).with("cache-control", "no-store")
}

/// A JWT of the right shape under a signature that no key verifies: whoever gets it over TLS from the token endpoint
/// need not verify it (OpenID Connect Core section 3.1.3.7), and nobody else should see it.
fn id_token(stage: &Stage<'_>, mint: &Mint, scopes: &[String], nonce: Option<&str>) -> String {
    let person = people::of(PROVIDER, &mint.account);
    let issued = stage.now.as_second();
    let asked = |name: &str| scopes.iter().any(|scope| scope == name);
    let mut claims = json!({
        "aud": mint.client_id,
        "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "iat": issued,
        "nbf": issued,
        "exp": issued + ACCESS_LIFETIME,
        // Pairwise: another app sees another subject.
        "sub": URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{} {}", mint.client_id, person.number))),
        "tid": TENANT,
        "ver": "2.0",
    });
    if asked("profile") {
        claims["name"] = Value::from(person.name());
        claims["oid"] = Value::from(user_id(person));
        claims["preferred_username"] = Value::from(person.email);
    }
    if asked("email") {
        claims["email"] = Value::from(person.email);
    }
    if let Some(nonce) = nonce {
        claims["nonce"] = Value::from(nonce);
    }
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": "sandbox"});
    let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("sandbox {signed}")));
    format!("{signed}.{signature}")
}
