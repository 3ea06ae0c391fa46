//! The signing key: computed once for a secret, for both versions of the signature.

use hmac::digest::InvalidLength;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The HMAC states after the key. They are as sensitive as the secret itself: zeroized on drop and never shown.
#[derive(Clone)]
pub(crate) struct SigningKey {
    v1: Hmac<Sha1>,
    v3: Hmac<Sha256>,
}

impl SigningKey {
    pub(crate) fn new(secret: &str) -> Result<Self, InvalidLength> {
        let mut v1_secret = Zeroizing::new(Vec::with_capacity(secret.len() + 1));
        v1_secret.extend_from_slice(secret.as_bytes());
        v1_secret.push(b'&');
        Ok(Self {
            v1: Hmac::new_from_slice(&v1_secret)?,
            v3: Hmac::new_from_slice(secret.as_bytes())?,
        })
    }

    /// HMAC-SHA1 under the secret and `&`.
    pub(super) fn hmac_sha1(&self, text: &[u8]) -> [u8; 20] {
        self.v1
            .clone()
            .chain_update(text)
            .finalize()
            .into_bytes()
            .into()
    }

    /// HMAC-SHA256 under the secret.
    pub(super) fn hmac_sha256(&self, text: &[u8]) -> [u8; 32] {
        self.v3
            .clone()
            .chain_update(text)
            .finalize()
            .into_bytes()
            .into()
    }
}
