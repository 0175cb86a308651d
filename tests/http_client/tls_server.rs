//! A TLS server on a thread of its own, and certificates for it.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use glassloop::http::{Certificates, Client, ClientBuilder};
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{WantsServerCert, WebPkiClientVerifier};
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, ServerConnection, WantsVerifier};

/// A certificate authority, and what it has certified.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// A client that trusts this authority alone.
    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder().no_proxy().root_certificates(Certificates::from_pem(self.pem.as_bytes()).unwrap())
    }

    /// A certificate of this authority, and its key.
    fn certify(&self, names: &[&str], expired: bool) -> (Certificate, KeyPair) {
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut params = CertificateParams::new(names).unwrap();
        if expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// A certificate for a client, and its key, in a PEM text.
    pub(crate) fn identity(&self) -> String {
        let (certificate, key) = self.certify(&["client.test"], false);
        certificate.pem() + &key.serialize_pem()
    }

    /// The settings of a server whose certificate has this name where nobody looks for one any more.
    pub(crate) fn server_by_common_name(&self, name: &str) -> ServerConfig {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        settings().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }

    /// The settings of a server that is these hosts.
    pub(crate) fn server(&self, names: &[&str], expired: bool) -> ServerConfig {
        let builder = settings().with_no_client_auth();
        self.certified(builder, names, expired)
    }

    /// The same of one that asks clients for a certificate of this authority.
    pub(crate) fn server_that_asks(&self, names: &[&str]) -> ServerConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        self.certified(settings().with_client_cert_verifier(verifier), names, false)
    }

    fn certified(
        &self,
        builder: ConfigBuilder<ServerConfig, WantsServerCert>,
        names: &[&str],
        expired: bool,
    ) -> ServerConfig {
        let (certificate, key) = self.certify(names, expired);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }
}

fn settings() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

/// The server's end of a connection.
pub(crate) struct Tls<S = TcpStream> {
    pub(crate) session: ServerConnection,
    pub(crate) socket: S,
}

impl<S: Read + Write> Tls<S> {
    /// Reads a request, which has no body.
    pub(crate) fn request(&mut self) -> io::Result<String> {
        let mut text = String::new();
        while !text.ends_with("\r\n\r\n") {
            let mut buffer = [0; 4096];
            let count = rustls::Stream::new(&mut self.session, &mut self.socket).read(&mut buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
        Ok(text)
    }

    pub(crate) fn send(&mut self, text: &str) {
        rustls::Stream::new(&mut self.session, &mut self.socket).write_all(text.as_bytes()).unwrap();
    }

    /// Says goodbye.
    pub(crate) fn close_notify(&mut self) {
        self.session.send_close_notify();
        self.session.write_tls(&mut self.socket).unwrap();
    }

    /// Reads until the client is gone; says whether it took its leave.
    pub(crate) fn client_says_goodbye(&mut self) -> bool {
        let read = rustls::Stream::new(&mut self.session, &mut self.socket).read(&mut [0; 100]);
        matches!(read, Ok(0))
    }
}

/// A server that plays one script a connection, and ends when all are played.
pub(crate) struct TlsServer {
    pub(crate) port: u16,
    thread: JoinHandle<()>,
}

pub(crate) type Script = Box<dyn FnOnce(Tls) + Send>;

impl TlsServer {
    pub(crate) fn start(config: ServerConfig, scripts: Vec<Script>) -> TlsServer {
        let config = Arc::new(config);
        TlsServer::plain(scripts.into_iter().map(|script| {
            let config = config.clone();
            let with_tls = move |socket| script(Tls { session: ServerConnection::new(config).unwrap(), socket });
            Box::new(with_tls) as Box<dyn FnOnce(TcpStream) + Send>
        }))
    }

    /// The scripts are given the bare socket.
    pub(crate) fn plain(scripts: impl IntoIterator<Item = Box<dyn FnOnce(TcpStream) + Send>>) -> TlsServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let scripts: Vec<_> = scripts.into_iter().collect();
        let thread = std::thread::spawn(move || {
            for script in scripts {
                let (socket, _) = listener.accept().unwrap();
                socket.set_nodelay(true).unwrap(); // what was sent has been sent
                script(socket);
            }
        });
        TlsServer { port, thread }
    }

    pub(crate) fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/", self.port)
    }

    /// Waits until all scripts are played.
    pub(crate) fn join(self) {
        self.thread.join().unwrap();
    }
}
