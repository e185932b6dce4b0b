//! A token endpoint that is not there: its name leads nowhere, nobody listens, or who listens is not the provider.

use std::sync::Arc;

use catalog::ManifestFile;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use sandbox::{Kind, Provider};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, pki_types::PrivateKeyDer};

use crate::support::{Setup, TestApp};

/// Gmail as it comes with the binary, but for one text.
fn gmail_with(text: &str, instead: &str) -> Vec<ManifestFile> {
    let ours = catalog::embedded_files().into_iter().filter(|file| file.path.starts_with("toolkits/gmail/"));
    let changed = ours.map(|file| ManifestFile {
        path: file.path.trim_start_matches("toolkits/").to_owned(),
        text: file.text.replace(text, instead),
    });
    changed.collect()
}

/// Where a provider's refresh tokens are not to be used, none is, and the account ends with its access token.
#[tokio::test]
async fn what_is_never_refreshed_ends_with_its_token() {
    let manifests = || gmail_with("refresh = \"stable\"", "refresh = \"none\"");
    let every = Some(std::time::Duration::from_millis(20));
    let ends = async |app: TestApp, reason: &str| {
        let ended = app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await;
        assert_eq!(ended.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
        assert_eq!(ended.details()["reason"], reason);
        assert_eq!(app.exchanges(Provider::Google, Kind::Token), ["authorization_code ok"]);
    };
    let connected = async || {
        let setup = Setup { manifests: manifests(), refresh_ahead_every: every, ..Setup::default() };
        let app = TestApp::with(setup).await;
        app.configure("gmail").await;
        app.connect("gmail", "u1", "ada@example.com").await;
        app
    };
    let app = connected().await;
    app.advance(3500);
    assert_eq!(app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.status, 200, "to its very end");
    app.advance(101);
    ends(app, "token_expired").await;

    let app = connected().await;
    app.twins().expire_access_tokens(Provider::Google);
    ends(app, "revoked").await;
}

/// What becomes of a TLS handshake.
#[derive(Clone)]
enum Handshake {
    HungUp,
    /// Somebody who speaks HTTP without TLS.
    Plain,
    /// A certificate that nobody has signed.
    Untrusted(TlsAcceptor),
}

impl Handshake {
    fn untrusted() -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".into()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
        Self::Untrusted(TlsAcceptor::from(Arc::new(config)))
    }

    /// False where the client went on after it.
    async fn answer(self, mut client: TcpStream) -> bool {
        match self {
            Self::HungUp => client.read(&mut [0; 16]).await.is_ok_and(|read| read > 0),
            Self::Plain => {
                client.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.is_ok()
            }
            Self::Untrusted(acceptor) => acceptor.accept(client).await.is_err(),
        }
    }

    /// Where it takes place, and how each ended.
    async fn listen(self) -> (String, mpsc::UnboundedReceiver<bool>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let (ended, ends) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                ended.send(self.clone().answer(client).await).unwrap();
            }
        });
        (place, ends)
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_ends_nobody() {
    let vault_keys = crate::support::vault_key("k1");
    let mut app = TestApp::with(Setup { vault_keys: vault_keys.clone(), ..Setup::default() }).await;
    app.configure("gmail").await;
    let id = app.connect("gmail", "u1", "ada@example.com").await;
    app.advance(7200);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (mut private, mut handshakes) = (vec![closed.clone()], Vec::new());
    let mut urls = vec!["https://tokens.invalid/token".to_owned(), format!("http://{closed}/token")];
    for handshake in [Handshake::HungUp, Handshake::Plain, Handshake::untrusted()] {
        let (place, ends) = handshake.listen().await;
        urls.push(format!("https://{place}/token"));
        private.push(place);
        handshakes.push(ends);
    }
    let elsewhere = urls.iter().map(|url| gmail_with("https://oauth2.googleapis.com/token", url));
    for manifests in elsewhere.chain([Vec::new()]) {
        let is_there = manifests.is_empty();
        let (clock, sandbox, dir) = (Arc::clone(&app.clock), Arc::clone(&app.sandbox), Arc::clone(&app.dir));
        let (database, of, key) = (app.database.clone(), app.app.clone(), app.key.clone());
        app.stop().await;
        let setup = Setup {
            manifests,
            private: private.clone(),
            vault_keys: vault_keys.clone(),
            database: Some(database),
            ..Setup::default()
        };
        app = TestApp::beside(setup, clock, sandbox, dir).await;
        (app.app, app.key) = (of, key);
        app.advance(600);
        let answer = app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await;
        if is_there {
            assert_eq!(answer.status, 200, "{}", answer.body);
        } else {
            assert_eq!(answer.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"), "{}", answer.body);
            assert_eq!(answer.details()["outcome"], "not_sent");
        }
        assert_eq!(app.connection(&id).await["status"], "active");
    }
    for mut ends in handshakes {
        assert!(ends.try_recv().unwrap(), "it came, and went no further");
    }
}
