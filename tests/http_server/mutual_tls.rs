//! A server that asks who is calling.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use glassloop::http::{Certificates, Client, ClientBuilder, Error, Identity, Peer, Request, Server};
use glassloop::{create_task, run, to_thread};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::common::server;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    trusted: Certificates,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let trusted = Certificates::from_pem(pem.as_bytes()).unwrap();
        Authority { issuer: Issuer::new(params, key), pem, trusted }
    }

    /// A certificate with its key, as PEM.
    fn certify(&self, name: &str, purpose: ExtendedKeyUsagePurpose, is_over: bool) -> String {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        if is_over {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        params.signed_by(&key, &self.issuer).unwrap().pem() + &key.serialize_pem()
    }

    fn of_a_server(&self) -> Identity {
        identity(&self.certify("localhost", ExtendedKeyUsagePurpose::ServerAuth, false))
    }

    fn of_a_client(&self) -> String {
        self.certify("client.test", ExtendedKeyUsagePurpose::ClientAuth, false)
    }

    fn client(&self) -> ClientBuilder {
        Client::builder().no_proxy().root_certificates(self.trusted.clone())
    }
}

fn identity(pem: &str) -> Identity {
    Identity::from_pem(pem.as_bytes()).unwrap()
}

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

/// Answers with the certificate of whom it is asked by.
async fn who(request: Request) -> Vec<u8> {
    let peer: &Peer = request.extensions().get().unwrap();
    peer.certificate().map(<[u8]>::to_vec).unwrap_or_default()
}

fn start(server: Server) -> String {
    let url = format!("https://localhost:{}/", server.local_addr().port());
    create_task(server.serve(who)).detach();
    url
}

async fn ask(client: &Client, url: &str) -> Result<Vec<u8>, Error> {
    client.get(url).await?.bytes().await
}

/// What the server's alert says.
async fn refusal(client: ClientBuilder, url: &str) -> String {
    let error = ask(&client.build(), url).await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    error.what()
}

#[test]
fn who_has_a_certificate_is_let_in_and_known() {
    run(async {
        let authority = Authority::new();
        let url = start(server().await.mutual_tls(&authority.of_a_server(), &authority.trusted));
        let mine = authority.of_a_client();
        let client = authority.client().identity(identity(&mine)).build();
        assert_eq!(ask(&client, &url).await.unwrap(), der(&mine));
        let mut again = client.get(&url).await.unwrap();
        assert!(again.is_reused());
        // And over a second connection: no session is resumed, it shows its certificate again.
        let other = client.get(&url).await.unwrap();
        assert!(!other.is_reused());
        assert_eq!(other.bytes().await.unwrap(), der(&mine));
        assert_eq!(again.chunk().await.unwrap().unwrap(), der(&mine));
    });
}

#[test]
fn who_has_none_or_a_bad_one_is_told_and_not_let_in() {
    run(async {
        let authority = Authority::new();
        let url = start(server().await.mutual_tls(&authority.of_a_server(), &authority.trusted));
        let none = refusal(authority.client(), &url).await;
        assert!(none.contains("CertificateRequired"), "{none}");
        let stranger = identity(&Authority::new().of_a_client());
        let unknown = refusal(authority.client().identity(stranger), &url).await;
        assert!(unknown.contains("UnknownCA") || unknown.contains("DecryptError"), "{unknown}");
        let expired = authority.certify("client.test", ExtendedKeyUsagePurpose::ClientAuth, true);
        let expired = refusal(authority.client().identity(identity(&expired)), &url).await;
        assert!(expired.contains("CertificateExpired"), "{expired}");
        // A server's certificate is not made out for clients.
        let misused = refusal(authority.client().identity(authority.of_a_server()), &url).await;
        assert!(misused.contains("Certificate"), "{misused}");
        // Others are served.
        let mine = authority.of_a_client();
        let client = authority.client().identity(identity(&mine)).build();
        assert_eq!(ask(&client, &url).await.unwrap(), der(&mine));
    });
}

#[test]
fn a_server_may_let_in_who_has_none() {
    run(async {
        let authority = Authority::new();
        let url = start(server().await.mutual_tls_optional(&authority.of_a_server(), &authority.trusted));
        assert_eq!(ask(&authority.client().build(), &url).await.unwrap(), b"");
        let mine = authority.of_a_client();
        let known = authority.client().identity(identity(&mine)).build();
        assert_eq!(ask(&known, &url).await.unwrap(), der(&mine));
        let stranger = identity(&Authority::new().of_a_client());
        refusal(authority.client().identity(stranger), &url).await;
        // A server that does not ask is not told.
        let url = start(server().await.tls(&authority.of_a_server()));
        assert_eq!(ask(&known, &url).await.unwrap(), b"");
    });
}

/// What a client has sent before it is refused would reset the connection, and the alert would be lost.
#[test]
fn the_alert_comes_through_whatever_was_sent_already() {
    run(async {
        let authority = Authority::new();
        let url = start(server().await.mutual_tls(&authority.of_a_server(), &authority.trusted));
        for _ in 0..20 {
            let error = authority.client().build().post(&url).body(vec![b'x'; 16 * 1024]).await.unwrap_err();
            assert!(error.what().contains("CertificateRequired"), "{error:?}");
        }
    });
}

/// The same, seen by a client that reads to the end whatever comes: the server closes when it has read what was on its way.
#[test]
fn a_refusal_ends_without_a_reset() {
    run(async {
        let authority = Authority::new();
        let server = server().await.mutual_tls(&authority.of_a_server(), &authority.trusted);
        let address = server.local_addr();
        start(server);
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
        let config = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
        let read = to_thread(move || {
            let mut tls = ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
            let mut socket = TcpStream::connect(address).unwrap();
            while tls.is_handshaking() {
                tls.write_tls(&mut socket).unwrap();
                tls.read_tls(&mut socket).unwrap();
                tls.process_new_packets().unwrap();
            }
            // With the end of the handshake, at once.
            tls.writer().write_all(&[b'x'; 48 * 1024]).unwrap();
            let mut last = Vec::new();
            while tls.wants_write() {
                tls.write_tls(&mut last).unwrap();
            }
            socket.write_all(&last).unwrap();
            socket.read_to_end(&mut Vec::new())
        });
        assert!(read.await.expect("no reset") > 0);
    });
}
