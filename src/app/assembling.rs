//! The worker that makes of uploads what frames are read with. What it has to do stands in the store, so that a restart
//! goes on where it was; it is told when there is more.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::app::pairing;
use crate::artifacts::{ArtifactError, Artifacts, Assembled};
use crate::metrics::Metrics;
use crate::model::artifact::{Bundle, BundleId, BundleState, Checksum};
use crate::store::{Store, StoreError, Waiting};

/// After a failure that is ours: a full disk, most likely.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// How often it is looked for files that nothing names.
const SWEEP_INTERVAL: Duration = Duration::from_hours(1);

pub struct Assembler {
    pub store: Store,
    pub artifacts: Arc<Artifacts>,
    pub metrics: Arc<Metrics>,
}

#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Artifacts(#[from] ArtifactError),
}

type Result<T> = std::result::Result<T, AssembleError>;
type Stopped = watch::Receiver<bool>;

impl Assembler {
    /// Runs until `stop` says so. Blocks its thread.
    pub fn run(&self, runtime: &Handle, mut stop: Stopped) {
        let mut swept: Option<Instant> = None;
        let mut has_checked = false;
        while !*stop.borrow() {
            let pause = match self.round(&stop, &mut has_checked, &mut swept) {
                Ok(()) => SWEEP_INTERVAL,
                Err(AssembleError::Artifacts(ArtifactError::Stopped)) => return,
                Err(error) => {
                    tracing::error!(%error, "uploaded artifacts wait; trying again");
                    RETRY_INTERVAL
                }
            };
            runtime.block_on(async {
                tokio::select! {
                    () = self.artifacts.woken() => (),
                    () = tokio::time::sleep(pause) => (),
                    _ = stop.changed() => (),
                }
            });
        }
    }

    fn round(&self, stop: &Stopped, has_checked: &mut bool, swept: &mut Option<Instant>) -> Result<()> {
        let mut failed = None;
        for waiting in self.store.assembling_bundles()? {
            match self.take(&waiting, stop) {
                Ok(()) => {}
                Err(error @ AssembleError::Artifacts(ArtifactError::Stopped)) => return Err(error),
                // The others need not wait for this one.
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        if !*has_checked {
            self.convert_lost(stop)?;
            *has_checked = true;
        }
        let is_wanted = self.artifacts.takes_sweep();
        if is_wanted || swept.is_none_or(|at| at.elapsed() >= SWEEP_INTERVAL) {
            self.sweep()?;
            *swept = Some(Instant::now());
        }
        Ok(())
    }

    fn take(&self, waiting: &Waiting, stop: &Stopped) -> Result<()> {
        match waiting.bundle.state {
            BundleState::Ready => self.pair(&waiting.bundle),
            BundleState::Assembling | BundleState::Failed { .. } => self.assemble(waiting, stop),
        }
    }

    /// The bundle belongs to one more release, whose files may be read with its maps, or its files with theirs.
    fn pair(&self, bundle: &Bundle) -> Result<()> {
        let files = self.store.bundle_files(bundle.id, 0, usize::MAX)?;
        let files: Vec<_> = files.into_iter().map(|(_, file)| file).collect();
        for (n, map, bytes) in pairing::mend(&self.store, &self.artifacts, bundle, &files)? {
            self.store.set_map(bundle.id, u32::try_from(n).expect("few files"), &map, bytes)?;
        }
        pairing::mend_others(&self.store, &self.artifacts, bundle, &files)?;
        Ok(self.store.settle_bundle(bundle.id)?)
    }

    fn assemble(&self, waiting: &Waiting, stop: &Stopped) -> Result<()> {
        let Waiting { bundle, chunks } = waiting;
        let assembled = self.guarded(|| {
            self.artifacts.join(bundle.checksum, chunks)?;
            self.read(bundle, stop)
        });
        let outcome = match assembled {
            Ok(assembled) => {
                self.store.finish_bundle(bundle.id, &assembled.files, assembled.bytes)?;
                pairing::mend_others(&self.store, &self.artifacts, bundle, &assembled.files)?;
                "ready"
            }
            Err(AssembleError::Artifacts(
                ArtifactError::Rejected(detail) | ArtifactError::TooLarge(detail),
            )) => {
                tracing::info!(bundle = %bundle.checksum, detail, "an uploaded bundle is refused");
                self.fail(bundle, &detail)?;
                "failed"
            }
            // There will be no room before a person makes some.
            Err(AssembleError::Artifacts(error @ ArtifactError::Full(_))) => {
                self.fail(bundle, &error.to_string())?;
                "failed"
            }
            Err(error) => return Err(error),
        };
        self.metrics.bundles_assembled.with_label_values(&[outcome]).inc();
        Ok(())
    }

    /// Whoever uploads it again sends its chunks again.
    fn fail(&self, bundle: &Bundle, detail: &str) -> Result<()> {
        self.store.fail_bundle(bundle.id, detail, Timestamp::now())?;
        Ok(self.artifacts.forget_bundle(bundle.checksum)?)
    }

    /// What the bundle holds, read with its own maps and, where it lacks one, with those of other uploads.
    fn read(&self, bundle: &Bundle, stop: &Stopped) -> Result<Assembled> {
        let mut assembled = self.artifacts.read_bundle(bundle.checksum, &|| *stop.borrow())?;
        for (n, map, bytes) in pairing::mend(&self.store, &self.artifacts, bundle, &assembled.files)? {
            assembled.files[n].map = Some(map);
            assembled.bytes += bytes;
        }
        Ok(assembled)
    }

    /// A defect of ours costs the one bundle that shows it, and not every start from now on.
    #[expect(clippy::unused_self, reason = "what the work is of")]
    fn guarded<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            let detail = "reading it shows a defect of LightTrace: please report it".to_owned();
            Err(ArtifactError::Rejected(detail).into())
        })
    }

    /// Makes converted maps again that are not there: of an older version, or of a folder that came back without them.
    fn convert_lost(&self, stop: &Stopped) -> Result<()> {
        let mut lacking: BTreeSet<BundleId> = BTreeSet::new();
        self.store.each_map(|map, bundle| {
            if !self.artifacts.map_path(map).exists() {
                lacking.insert(bundle);
            }
            if *stop.borrow() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if !lacking.is_empty() {
            tracing::info!(bundles = lacking.len(), "source maps are converted again");
        }
        for id in lacking.into_iter().rev() {
            let Some(bundle) = self.store.bundle(id)? else { continue };
            match self.guarded(|| self.read(&bundle, stop)) {
                Ok(assembled) => {
                    self.store.finish_bundle(id, &assembled.files, assembled.bytes)?;
                }
                Err(error @ AssembleError::Artifacts(ArtifactError::Stopped)) => return Err(error),
                Err(error) => tracing::warn!(%error, bundle = %bundle.checksum, "it can not be read again"),
            }
        }
        Ok(())
    }

    fn sweep(&self) -> Result<()> {
        let waiting = self.store.assembling_bundles()?;
        let waited_for: Vec<Checksum> = waiting.into_iter().flat_map(|waiting| waiting.chunks).collect();
        self.artifacts.sweep(
            &waited_for,
            &|bundles| Ok(self.store.unnamed_bundles(bundles)?),
            &|maps| Ok(self.store.unnamed_maps(maps)?),
            SystemTime::now(),
        )?;
        Ok(())
    }
}
