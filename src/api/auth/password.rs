//! Passwords: argon2id, away from the threads that serve requests, and only a few at a time.

use std::sync::LazyLock;

use actix_web::web;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::api::error::{ApiError, Result};

pub const PASSWORD_BYTES_MIN: usize = 8;
/// Hashing reads all of it; nobody types more.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// One hash takes 19 MB and some 20 ms: two at once leave room for ingest.
const PARALLEL_MAX: usize = 2;
/// Beyond this many waiting the answer is 429.
const WAITING_MAX: usize = 32;

static RUNNING: Semaphore = Semaphore::const_new(PARALLEL_MAX);
static WAITING: Semaphore = Semaphore::const_new(WAITING_MAX);

/// What an unknown account's password is compared with, so that it takes as long as a known one's.
static DUMMY: LazyLock<String> = LazyLock::new(|| hash("no account has this password"));

/// In PHC form. Blocks for tens of milliseconds.
pub fn hash(password: &str) -> String {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.expect("the default parameters are valid and the system has randomness").to_string()
}

/// Blocks for tens of milliseconds, whether there is a hash or not.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let text = hash.unwrap_or(&DUMMY);
    let Ok(parsed) = PasswordHash::new(text) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

/// Says what is wrong with a new password.
pub fn check(password: &str) -> Result<()> {
    match password.len() {
        0..PASSWORD_BYTES_MIN => {
            let detail = format!("The password needs at least {PASSWORD_BYTES_MIN} characters");
            Err(ApiError::bad_request(detail))
        }
        PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX => Ok(()),
        _ => Err(ApiError::bad_request("The password is too long")),
    }
}

/// Runs one of the above where it may block, bounded in number.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _waiting = WAITING.try_acquire().map_err(|_| ApiError::throttled(1))?;
    let _running = RUNNING.acquire().await.map_err(|error| ApiError::internal(&error))?;
    web::block(work).await.map_err(|error| ApiError::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let stored = hash("correct horse");
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert!(verify("correct horse", Some(&stored)));
        assert!(!verify("wrong horse", Some(&stored)));
        assert!(!verify("no account has this password", None));
        assert!(!verify("x", Some("not a hash")));
    }

    #[test]
    fn lengths() {
        assert!(check("1234567").is_err());
        assert!(check("12345678").is_ok());
        assert!(check(&"x".repeat(1025)).is_err());
    }
}
