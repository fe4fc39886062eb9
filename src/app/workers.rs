//! The threads behind the HTTP server. One that ends before it is told to is a defect after which the process must
//! end too: whoever supervises it starts it anew, and the inbox still has what was accepted.

use std::thread::JoinHandle;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// What a worker's thread does until it is told to stop.
pub type Work = Box<dyn FnOnce(&Handle, watch::Receiver<bool>) + Send>;

pub struct Workers {
    runtime: Handle,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
    ending: mpsc::UnboundedSender<&'static str>,
}

/// Tells which worker has ended too early.
pub struct Deaths(mpsc::UnboundedReceiver<&'static str>);

/// Speaks when its thread ends, however it ends.
struct Ending {
    name: &'static str,
    stopped: watch::Receiver<bool>,
    told: mpsc::UnboundedSender<&'static str>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !*self.stopped.borrow() {
            // Nobody listens once the server is on its way down.
            let _ = self.told.send(self.name);
        }
    }
}

impl Deaths {
    /// The name of the next worker that ends without having been told to.
    pub async fn next(&mut self) -> &'static str {
        match self.0.recv().await {
            Some(name) => name,
            // All have ended as they should.
            None => std::future::pending().await,
        }
    }
}

impl Workers {
    pub fn new(runtime: Handle) -> (Self, Deaths) {
        let (ending, deaths) = mpsc::unbounded_channel();
        let stop = watch::channel(false).0;
        (Self { runtime, stop, threads: Vec::new(), ending }, Deaths(deaths))
    }

    /// Says when to stop.
    pub fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    pub fn spawn(&mut self, name: &'static str, work: Work) -> std::io::Result<()> {
        let (runtime, stopped) = (self.runtime.clone(), self.stopped());
        let ending = Ending { name, stopped: stopped.clone(), told: self.ending.clone() };
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || {
            let _ending = ending;
            work(&runtime, stopped);
        })?;
        self.threads.push(thread);
        Ok(())
    }

    /// Tells all to stop, and waits until they have.
    pub fn stop(self) {
        self.stop.send_replace(true);
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a worker ended with a defect");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_dies_is_named_and_one_that_is_stopped_is_not() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
        let (mut workers, mut deaths) = Workers::new(runtime.handle().clone());
        let wait = |runtime: &Handle, mut stopped: watch::Receiver<bool>| {
            runtime.block_on(async { drop(stopped.changed().await) });
        };
        workers.spawn("steady", Box::new(wait)).expect("spawned");
        workers.spawn("mortal", Box::new(|_, _| panic!("as the test wants"))).expect("spawned");
        assert_eq!(runtime.block_on(deaths.next()), "mortal");
        workers.stop();
        assert!(deaths.0.try_recv().is_err(), "the other ended because it was told to");
    }
}
