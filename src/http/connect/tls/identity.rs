//! Who we are: for servers that ask, and as a server.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use thiserror::Error;

/// A certificate of one's own, with its key: a client's
/// ([`ClientBuilder::identity`](crate::http::ClientBuilder::identity)) or a server's
/// ([`Server::tls`](crate::http::Server::tls)).
#[derive(Clone)]
pub struct Identity(CertifiedKey);

/// A text that holds no certificate and key that belong together.
#[derive(Debug, Error)]
#[error("no usable certificate with its key: {problem}")]
pub struct InvalidIdentity {
    /// What is wrong.
    pub problem: String,
}

impl Identity {
    /// The certificates (one's own first, then those that lead to the authority) and the private key in a PEM text.
    ///
    /// ```
    /// use glassloop::http::Identity;
    ///
    /// let error = Identity::from_pem(b"nothing of that kind").unwrap_err();
    /// assert_eq!(error.to_string(), "no usable certificate with its key: there is no certificate");
    /// ```
    ///
    /// # Errors
    /// One of them is missing or cannot be used, or they do not belong together.
    pub fn from_pem(pem: &[u8]) -> Result<Identity, InvalidIdentity> {
        let problem = |problem: String| InvalidIdentity { problem };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let chain = chain.map_err(|error| problem(error.to_string()))?;
        if chain.is_empty() {
            return Err(problem("there is no certificate".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| problem(format!("the private key: {error}")))?;
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider());
        certified.map(Identity).map_err(|error| problem(error.to_string()))
    }

    /// As rustls asks for it.
    pub(in crate::http) fn resolver(&self) -> Arc<SingleCertAndKey> {
        Arc::new(SingleCertAndKey::from(self.0.clone()))
    }
}

/// Says how many certificates there are, and nothing of the key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} certificates)", self.0.cert.len())
    }
}
