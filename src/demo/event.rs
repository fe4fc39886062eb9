//! A story's event in one incident, as its SDK sends it.

use serde_json::{Map, Value, json};

use crate::demo::envelope::{self, Item};
use crate::demo::fill::Filler;
use crate::demo::frames;
use crate::demo::scene::Scene;
use crate::demo::sdk;
use crate::demo::service::Service;
use crate::demo::shop::earlier;
use crate::demo::story::{Crumb, Story};
use crate::demo::{Flaw, Result, Shipment};

pub fn shipment(scene: &Scene, story: &Story, index: usize) -> Result<Shipment> {
    let id = scene.event_id(story);
    let event = event(scene, story)?;
    let mut items = vec![Item::json("event", &event)];
    if let Some(attachment) = story.attachment.as_ref().filter(|attachment| index < attachment.events) {
        let body = scene.filler().text(&attachment.body)?;
        items.push(Item::attachment(&attachment.filename, &attachment.content_type, body));
    }
    let at = scene.time_of(story);
    Ok(Shipment { service: story.service, at, envelope: envelope::of_scene(scene, story.service, id, items) })
}

pub fn event(scene: &Scene, story: &Story) -> Result<Value> {
    let service = story.service;
    let mut filler = scene.filler();
    let filler = &mut *filler;
    let mut event = sdk::base(scene, service, scene.time_of(story));
    event.insert("event_id".into(), scene.event_id(story).to_string().into());
    event.insert("level".into(), story.level.as_deref().unwrap_or("error").into());
    if let Some(transaction) = &story.transaction {
        event.insert("transaction".into(), filler.text(transaction)?.into());
    }
    if let Some(logger) = &story.logger {
        event.insert("logger".into(), logger.as_str().into());
    }
    if !story.fingerprint.is_empty() {
        event.insert("fingerprint".into(), json!(story.fingerprint));
    }
    if let Some(request) = &story.request {
        event.insert("request".into(), sdk::request(scene, service, request, filler)?);
    }
    what_went_wrong(scene, story, filler, &mut event)?;
    event.insert("tags".into(), tags(scene, story, filler)?);
    if !story.extra.is_empty() {
        event.insert("extra".into(), filler.table(&story.extra)?);
    }
    if let (Value::Object(more), Some(Value::Object(contexts))) =
        (filler.table(&story.contexts)?, event.get_mut("contexts"))
    {
        contexts.extend(more);
    }
    let crumbs = crumbs(scene, story, filler)?;
    if !crumbs.is_empty() {
        event.insert("breadcrumbs".into(), sdk::breadcrumbs(service, crumbs));
    }
    Ok(event.into())
}

fn what_went_wrong(
    scene: &Scene,
    story: &Story,
    filler: &mut Filler,
    event: &mut Map<String, Value>,
) -> Result<()> {
    if let Some(report) = &story.csp {
        event.insert("csp".into(), filler.table(report)?);
    } else if let Some(message) = &story.message {
        let params: Vec<String> =
            story.params.iter().map(|param| filler.text(param)).collect::<Result<_>>()?;
        if params.is_empty() {
            event.insert("message".into(), filler.text(message)?.into());
        } else {
            let formatted = params.iter().fold(message.clone(), |text, param| text.replacen("%s", param, 1));
            let entry = json!({"message": message, "params": params, "formatted": formatted});
            event.insert("logentry".into(), entry);
        }
    } else {
        event.insert("exception".into(), json!({ "values": exceptions(scene, story, filler)? }));
    }
    Ok(())
}

fn exceptions(scene: &Scene, story: &Story, filler: &mut Filler) -> Result<Vec<Value>> {
    let last = story.exception.len().checked_sub(1);
    let last = last.ok_or_else(|| Flaw(format!("{} has nothing that went wrong", story.name)))?;
    let sources = &scene.shop.sources;
    let exceptions = story.exception.iter().enumerate().map(|(place, exception)| {
        let mut value = json!({
            "type": exception.ty,
            "value": filler.text(&exception.value)?,
        });
        if !exception.frames.is_empty() {
            let frames = frames::frames(sources, story.service, &exception.frames, filler)?;
            value["stacktrace"] = json!({ "frames": frames });
        }
        if let Some(module) = &exception.module {
            value["module"] = module.as_str().into();
        }
        value["mechanism"] = mechanism(story, last - place);
        Ok(value)
    });
    exceptions.collect()
}

/// Of the exception that stands so many causes below the one that surfaced.
fn mechanism(story: &Story, depth: usize) -> Value {
    let ty = story.mechanism.as_deref().unwrap_or("generic");
    match (story.service, depth) {
        // Python's SDK numbers only the members of groups.
        (Service::Worker, _) => json!({"type": ty, "handled": story.handled}),
        (_, 0) => json!({"type": ty, "handled": story.handled, "exception_id": 0}),
        _ => json!({
            "type": "chained",
            "handled": story.handled,
            "source": "cause",
            "exception_id": depth,
            "parent_id": depth - 1,
        }),
    }
}

fn tags(scene: &Scene, story: &Story, filler: &mut Filler) -> Result<Value> {
    let mut tags = filler.table(&story.tags)?;
    if let Some(person) = scene.person {
        tags["tenant"] = person.tenant.into();
    }
    if story.service == Service::Api {
        let zones = ["eu-central-1a", "eu-central-1b"];
        tags["zone"] = scene.dice("zone").pick(&zones).copied().into();
    }
    Ok(tags)
}

/// Of the story's trails and its own, oldest first.
pub fn all_crumbs<'a>(scene: &'a Scene, story: &'a Story) -> Result<Vec<&'a Crumb>> {
    let mut crumbs: Vec<&Crumb> = story.crumb.iter().collect();
    for name in &story.trails {
        let trail = scene.shop.trails.get(name);
        crumbs.extend(trail.ok_or_else(|| Flaw(format!("no trail `{name}`")))?);
    }
    crumbs.sort_by(|one, other| other.ago.total_cmp(&one.ago));
    Ok(crumbs)
}

fn crumbs(scene: &Scene, story: &Story, filler: &mut Filler) -> Result<Vec<Value>> {
    let at = scene.time_of(story);
    let told = all_crumbs(scene, story)?.into_iter().map(|crumb| {
        let mut sent = json!({
            "timestamp": sdk::time(story.service, earlier(at, crumb.ago)),
            "category": crumb.category,
        });
        if let Some(ty) = &crumb.ty {
            sent["type"] = ty.as_str().into();
        }
        if let Some(level) = &crumb.level {
            sent["level"] = level.as_str().into();
        }
        if let Some(message) = &crumb.message {
            sent["message"] = filler.text(message)?.into();
        }
        if !crumb.data.is_empty() {
            sent["data"] = filler.table(&crumb.data)?;
        }
        Ok(sent)
    });
    told.collect()
}

/// What somebody wrote into the shop's form about what happened to them.
pub fn feedback(scene: &Scene, story: &Story, text: &str) -> Result<Shipment> {
    let at = earlier(scene.time_of(story), -95.0);
    let id = scene.id_of(&format!("feedback {}", story.name));
    let mut event = sdk::base(scene, Service::Web, at);
    event.insert("event_id".into(), id.to_string().into());
    event.insert("level".into(), "info".into());
    let message = scene.filler().text(text)?;
    let mut feedback = json!({
        "message": message,
        "url": "https://www.pinecone.example/checkout",
        "source": "widget",
        "associated_event_id": scene.event_id(story).to_string(),
    });
    if let Some(person) = scene.person {
        feedback["name"] = person.name.as_str().into();
        feedback["contact_email"] = person.email.as_str().into();
    }
    if let Some(contexts) = event.get_mut("contexts") {
        contexts["feedback"] = feedback;
    }
    // The report is shown with the event it is about, which may be of another project than the form's.
    let items = vec![Item::json("feedback", &event.into())];
    Ok(Shipment { service: story.service, at, envelope: envelope::of_scene(scene, story.service, id, items) })
}
