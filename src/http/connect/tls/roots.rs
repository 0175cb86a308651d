//! Who is trusted.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use thiserror::Error;

use super::Settings;

/// Certificate authorities to trust: a client's ([`ClientBuilder::root_certificates`]), or those of a server that asks
/// who is calling ([`Server::mutual_tls`]).
///
/// [`ClientBuilder::root_certificates`]: crate::http::ClientBuilder::root_certificates
/// [`Server::mutual_tls`]: crate::http::Server::mutual_tls
#[derive(Clone)]
pub struct Certificates(Arc<RootCertStore>);

/// A text that holds no certificates that could be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvalidCertificates {
    /// It is no PEM.
    #[error("not in PEM form: {problem}")]
    Pem {
        /// What is wrong with it.
        problem: String,
    },
    /// It is PEM, but holds no `CERTIFICATE`.
    #[error("no certificate among what is there")]
    None,
    /// One of them cannot be read.
    #[error("certificate {number} cannot be used: {problem}")]
    Certificate {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl Certificates {
    /// Those in a PEM text: what is between them is passed over.
    ///
    /// ```
    /// use glassloop::http::Certificates;
    ///
    /// let error = Certificates::from_pem(b"nothing of that kind").unwrap_err();
    /// assert_eq!(error.to_string(), "no certificate among what is there");
    /// ```
    ///
    /// # Errors
    /// There is none, or one that cannot be used.
    pub fn from_pem(pem: &[u8]) -> Result<Certificates, InvalidCertificates> {
        let mut roots = RootCertStore::empty();
        for (index, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
            let certificate = certificate.map_err(|error| InvalidCertificates::Pem { problem: error.to_string() })?;
            let refused = |error: rustls::Error| InvalidCertificates::Certificate {
                number: index + 1,
                problem: error.to_string(),
            };
            roots.add(certificate).map_err(refused)?;
        }
        if roots.is_empty() { Err(InvalidCertificates::None) } else { Ok(Certificates(Arc::new(roots))) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none: never.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As rustls asks for them.
    pub(in crate::http) fn store(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.0)
    }

    /// Those that the system trusts.
    fn of_the_system() -> io::Result<Certificates> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // A system may have some that are too old for anybody's taste.
        let (usable, _) = roots.add_parsable_certificates(found.certs);
        match found.errors.into_iter().next() {
            Some(error) if usable == 0 => Err(io::Error::other(error)),
            _ => Ok(Certificates(Arc::new(roots))),
        }
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificates({})", self.len())
    }
}

/// The configuration of all connections of a client. It may read files.
pub(super) fn client_config(settings: &Settings) -> io::Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(io::Error::other)?;
    let builder = if settings.accept_any {
        let anybody = Arc::new(Anybody(provider));
        builder.dangerous().with_custom_certificate_verifier(anybody)
    } else {
        let Certificates(roots) = match &settings.roots {
            Some(roots) => roots.clone(),
            None => Certificates::of_the_system()?,
        };
        builder.with_root_certificates(roots)
    };
    let mut config = match &settings.identity {
        Some(identity) => builder.with_client_cert_resolver(identity.resolver()),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Trusts anybody who holds the key of the certificate that they show.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
