//! Asking somebody to join: the link, and the mail that carries it. The invitation stands whether the mail goes out or
//! not; whoever made it can pass the link on by hand.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::sign_in::is_email;
use crate::api::auth::{Caller, new_token};
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::member_json::{MailJson, MemberJson, ProjectWord, read_role};
use crate::model::account::Invitation;
use crate::model::ids::AccountId;
use crate::outbound::Letter;
use crate::store::{InvitationChange, NewInvitation};

/// A request waits this long for the mail server. The mail may still go out after it.
const MAIL_WAIT: Duration = Duration::from_secs(5);
/// Mails under way at once.
const MAILS_MAX: usize = 4;

static MAILS: Semaphore = Semaphore::const_new(MAILS_MAX);

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewMember {
    pub email: String,
    /// `owner`, `admin`, `member` or `viewer`; `member` if absent.
    #[serde(alias = "orgRole")]
    pub role: Option<String>,
    /// Slugs or numbers; absent: all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub projects: Option<Vec<ProjectWord>>,
    /// Whether the link goes out by mail. It is answered in any case.
    #[serde(default)]
    pub send_invite: bool,
}

/// Invites somebody. The link works once, for seven days, and is answered here only.
#[utoipa::path(post, path = "/api/0/organizations/{org}/members/", tag = "members",
    params(("org" = String, Path)), request_body = NewMember,
    responses((status = 201, body = MemberJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn invite_member(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<NewMember>,
) -> Result<HttpResponse> {
    let NewMember { email, role, projects, send_invite } = body.into_inner();
    let email = email.trim().to_lowercase();
    if !is_email(&email) {
        return Err(ApiError::bad_request("email: expected an address such as ada@example.com"));
    }
    let role = read_role(role.as_deref().unwrap_or("member"))?;
    let projects = api.read_projects(projects)?;
    let (secret, token) = new_token();
    let by = caller.role;
    let invitation = api
        .run(move |api| {
            let new = NewInvitation { email, role, projects, token };
            Ok(api.store.invite(new, by, &api.by, Timestamp::now())?)
        })
        .await?;
    let member = answer(&api, &caller, invitation, Some(secret), send_invite).await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(member))
}

/// Changes an invitation; with `reinvite` it gets a new link.
pub(super) async fn renew(
    api: &web::Data<Api>,
    caller: &Caller,
    id: AccountId,
    change: InvitationChange,
    reinvite: bool,
    send: bool,
) -> Result<MemberJson> {
    let (secret, token) = reinvite.then(new_token).unzip();
    let by = caller.role;
    let change = InvitationChange { token, ..change };
    let invitation = api
        .run(move |api| Ok(api.store.change_invitation(id, change, by, &api.by, Timestamp::now())?))
        .await?;
    answer(api, caller, invitation, secret, send).await
}

async fn answer(
    api: &web::Data<Api>,
    caller: &Caller,
    invitation: Invitation,
    secret: Option<String>,
    send: bool,
) -> Result<MemberJson> {
    // Behind `#`: the secret reaches the page, and the log of no server or proxy before it.
    let link = secret.map(|secret| api.link(&format!("/invite#{secret}")));
    let mail = match &link {
        Some(link) if send => Some(send_mail(api, caller, &invitation, link).await),
        _ => None,
    };
    api.run(move |api| {
        let member = api.pending_json(&invitation, &api.store.accounts()?, Timestamp::now());
        Ok(MemberJson { invite_link: link, mail, ..member })
    })
    .await
}

async fn send_mail(api: &web::Data<Api>, caller: &Caller, invitation: &Invitation, link: &str) -> MailJson {
    let unsent = |detail: &str| MailJson { sent: false, detail: Some(detail.to_owned()) };
    let Some(mailer) = api.mailer.clone() else {
        return unsent("Mail is not set up (LIGHTTRACE_SMTP_URL): pass the link on yourself");
    };
    let Ok(permit) = MAILS.try_acquire() else {
        return unsent("Too many mails are under way: pass the link on yourself, or try again");
    };
    let inviter = caller.account.as_ref().map_or("LightTrace", |account| account.name.as_str());
    let organization = api.organization_name();
    let letter = Letter {
        to: invitation.email.clone(),
        subject: format!("{inviter} invites you to {organization}"),
        text: format!(
            "{inviter} invites you to {organization}, where its errors are tracked with LightTrace."
        ),
        action: ("Join".to_owned(), link.to_owned()),
        foot: "The link works once, for seven days. If you do not know what this is about, ignore it."
            .to_owned(),
    };
    // Of its own: it goes on where the request does not wait for it any more.
    let sending = actix_web::rt::spawn(async move {
        let _permit = permit;
        mailer.send_letter(letter).await
    });
    match timeout(MAIL_WAIT, sending).await {
        Ok(Ok(Ok(()))) => MailJson { sent: true, detail: None },
        Ok(Ok(Err(error))) => {
            tracing::warn!(%error, "an invitation could not be mailed");
            unsent(&format!("The mail could not be sent: {error}"))
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "sending a mail broke");
            unsent("The mail could not be sent")
        }
        Err(_) => unsent("The mail server is slow; the mail may still arrive, or pass the link on yourself"),
    }
}
