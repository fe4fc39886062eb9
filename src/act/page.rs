//! The page itself: what it says, and how it looks.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::alerts::templates;

static STYLE: LazyLock<&str> = LazyLock::new(|| include_str!("../../data/messages/act.css").trim());
static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| format!("sha256-{}", STANDARD.encode(Sha256::digest(STYLE.as_bytes()))));

/// The only style that the page may have.
pub fn style_hash() -> &'static str {
    &STYLE_HASH
}

#[derive(Debug, Default)]
pub struct Page {
    pub status: StatusCode,
    pub title: String,
    pub text: Option<String>,
    pub tone: Tone,
    pub incident: Option<IncidentView>,
    /// What there is to be done; without it, there is nothing (more).
    pub form: Option<FormView>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    #[default]
    #[serde(rename = "")]
    Plain,
    Done,
    Bad,
}

#[derive(Debug, Serialize)]
pub struct IncidentView {
    pub id: u64,
    pub title: String,
    /// Its projects.
    pub place: String,
    /// `High, open`.
    pub state: String,
    pub began: String,
    pub url: String,
}

#[derive(Debug, Serialize)]
pub struct FormView {
    pub kind: &'static str,
    pub button: String,
    /// Mute: how many users more are proposed, and how many there were.
    pub users: u64,
    pub users_now: Option<String>,
    /// Resolve: `its 3 issues`.
    pub issues: Option<String>,
}

#[derive(Serialize)]
struct View<'a> {
    style: &'a str,
    home: &'a str,
    title: &'a str,
    text: Option<&'a str>,
    tone: Tone,
    incident: Option<&'a IncidentView>,
    form: Option<&'a FormView>,
}

impl Page {
    /// Made up, cut off, of another instance.
    pub fn forged() -> Self {
        Self::refusal(
            StatusCode::NOT_FOUND,
            "There is no such link",
            "It may have been cut off when it was copied. Open it from the message again.",
        )
    }

    pub fn too_often() -> Self {
        Self::refusal(
            StatusCode::TOO_MANY_REQUESTS,
            "This link is followed too often",
            "Nothing was changed. Try again in a minute.",
        )
    }

    pub fn refusal(status: StatusCode, title: &str, text: &str) -> Self {
        let (title, text) = (title.to_owned(), Some(text.to_owned()));
        Self { status, title, text, tone: Tone::Bad, ..Self::default() }
    }

    pub fn html(&self, url: &str) -> anyhow::Result<String> {
        let view = View {
            style: &STYLE,
            home: url,
            title: &self.title,
            text: self.text.as_deref(),
            tone: self.tone,
            incident: self.incident.as_ref(),
            form: self.form.as_ref(),
        };
        Ok(templates::render("act.html", &view)?)
    }
}
