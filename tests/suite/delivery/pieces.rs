//! A store with an outbox, and the worker that sends it.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use lighttrace::alerts::delivery::pace::Pace;
use lighttrace::alerts::delivery::{Delivery, Made};
use lighttrace::config::Config;
use lighttrace::metrics::Metrics;
use lighttrace::model::account::Role;
use lighttrace::model::audit::Actor;
use lighttrace::model::ids::{NotificationId, TargetId};
use lighttrace::model::notification::{DeliveryState, Notification, Recipient, Target, TargetKind};
use lighttrace::outbound::{Mail, Mailer, Outbound, Outgoing, Post};
use lighttrace::store::Store;
use tokio::sync::watch;

/// A test's patience with a message.
const DEADLINE: Duration = Duration::from_mins(1);

/// As the usual one, a thousand times as fast.
pub fn quick() -> Pace {
    Pace {
        first: Duration::from_millis(30),
        longest: Duration::from_millis(200),
        longest_rest: Duration::from_millis(60),
    }
}

pub struct Desk {
    pub store: Store,
    smtp_port: Option<u16>,
    _dir: Option<tempfile::TempDir>,
}

pub struct Running {
    stop: watch::Sender<bool>,
    worker: JoinHandle<()>,
}

impl Running {
    pub fn stop(self) {
        self.stop.send_replace(true);
        self.worker.join().expect("it ends as it should");
    }
}

impl Desk {
    pub fn new(smtp_port: Option<u16>) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        Self { store: Store::open(dir.path()).expect("opened"), smtp_port, _dir: Some(dir) }
    }

    pub fn at(dir: &Path) -> Self {
        Self { store: Store::open(dir).expect("opened"), smtp_port: None, _dir: None }
    }

    pub fn target(&self, url: &str) -> Recipient {
        let target = Target {
            id: TargetId(0),
            name: "hook".to_owned(),
            kind: TargetKind::Webhook,
            url: url.to_owned(),
            secret: None,
            enabled: true,
            created: Timestamp::now(),
            created_by: None,
        };
        let target = self.store.create_notification_target(target).expect("kept").expect("room");
        Recipient::Target { target: target.id }
    }

    pub fn person(&self, email: &str) -> Recipient {
        let (by, now) = (Actor::default(), Timestamp::now());
        let account = self.store.create_account(email, email, "x", Role::Member, &by, now).expect("made").id;
        Recipient::Person { account }
    }

    pub fn queue(&self, recipient: Recipient) -> Notification {
        self.store.queue_test(recipient, Timestamp::now()).expect("queued")
    }

    pub fn run_posting(&self, pace: Pace) -> Running {
        self.run(|store, notification| Ok(posted(store, notification, &notification.id.to_string())), pace)
    }

    pub fn run(
        &self,
        make: impl Fn(&Store, &Notification) -> anyhow::Result<Made> + Send + Sync + 'static,
        pace: Pace,
    ) -> Running {
        let settings = [
            ("LIGHTTRACE_ALLOW_PRIVATE_TARGETS", "true".to_owned()),
            (
                "LIGHTTRACE_SMTP_URL",
                self.smtp_port.map_or(String::new(), |port| format!("smtp://127.0.0.1:{port}")),
            ),
            ("LIGHTTRACE_SMTP_FROM", "errors@example.com".to_owned()),
        ];
        let variables = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
        let config = Config::read(None, variables).expect("valid");
        let mailer = config.smtp.as_ref().map(|smtp| Mailer::new(smtp).expect("valid"));
        let outbound = Outbound::new(mailer, &config);
        let written = self.store.clone();
        let make = Box::new(move |notification: &Notification, _| make(&written, notification));
        let delivery =
            Delivery::with_pace(self.store.clone(), outbound, Arc::new(Metrics::new()), make, pace);
        let (stop, stopped) = watch::channel(false);
        let worker = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            delivery.run(runtime.expect("a runtime").handle(), stopped);
        });
        Running { stop, worker }
    }

    /// Waits until it waits no more.
    pub fn ended(&self, id: NotificationId) -> Notification {
        self.when(id, |notification| notification.state != DeliveryState::Waiting)
    }

    pub fn ended_as(&self, id: NotificationId, state: DeliveryState) -> Notification {
        self.when(id, |notification| notification.state == state)
    }

    fn when(&self, id: NotificationId, holds: impl Fn(&Notification) -> bool) -> Notification {
        let start = Instant::now();
        loop {
            let notification = self.store.find_notification(id).expect("read").expect("there");
            if holds(&notification) {
                return notification;
            }
            assert!(start.elapsed() < DEADLINE, "{notification:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// To the recipient's address, by whichever way it has one.
pub fn posted(store: &Store, notification: &Notification, body: &str) -> Made {
    let key = notification.key.clone();
    let outgoing = match notification.recipient {
        Recipient::Target { target } => Outgoing::Post(Post {
            url: store.find_notification_target(target).expect("read").expect("there").url,
            headers: vec![("Idempotency-Key".to_owned(), key)],
            body: body.to_owned(),
        }),
        Recipient::Person { account } => Outgoing::Mail(Mail {
            to: store.find_account(account).expect("read").expect("there").email,
            subject: "x".to_owned(),
            text: body.to_owned(),
            html: body.to_owned(),
            message_id: format!("{key}@errors.example.com"),
            thread: None,
        }),
    };
    Made::Send(outgoing)
}
