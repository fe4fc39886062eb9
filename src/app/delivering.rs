//! The worker that sends messages, put together: the outbox, who writes them, the ways out.

use std::sync::Arc;

use crate::alerts::delivery::Delivery;
use crate::alerts::messages::Messages;
use crate::app::{Engines, link_signer};
use crate::config::Config;
use crate::digest::stored::Reader;
use crate::outbound::Outbound;

pub(super) fn delivery(config: &Config, engines: &Engines) -> anyhow::Result<Delivery> {
    let store = &engines.store;
    let signer = link_signer(store)?;
    let reader = Arc::new(Reader::new(store.clone(), engines.symbolicator.clone()));
    let messages = Messages::new(config, store.clone(), Arc::clone(&engines.search), reader, signer);
    let outbound = Outbound::new(engines.mailer.clone(), config);
    let make = Box::new(move |notification: &_, now| Ok(messages.make(notification, now)?));
    Ok(Delivery::new(store.clone(), outbound, Arc::clone(&engines.metrics), make))
}
