//! Files of rooms: offered, given to members, fetched from whoever has them
//! (MSG-2, MSG-7; spec 08, "Files").
//!
//! Reading, sealing and writing happen on threads that may block; their
//! results come back to the actor as [`FileDone`]. What is on the disk is
//! sealed ([`crate::blob`]), so a fetched file is plain only where somebody
//! asked to have it.

mod disk;
mod give;
mod offer;
mod peers;
mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kith_api::{ApiError, Code, Event as Told, MessageRef, Reply};
use kith_proto::file::{ChunkHash, Download, Effect, Event};
use kith_proto::id::{DeviceId, RoomId};
use kith_proto::room::body::{Body, Content, FileOffer};
use kith_proto::room::entry::{EntryId, Pos};
use kith_proto::room::kind::KindCode;
use kith_proto::room::log::Erasure;
use kith_proto::room::store::RoomStore as _;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::error::bad;
use super::link::LinkId;
use super::open::{Done, Open};
use super::rooms::no_room;
use crate::blob::{self, Blob, BlobKey};
use crate::store::files::{self, File, State};
use crate::store::rooms::Rooms as Stored;
use crate::swarm::ConnId;
use peers::Asking;
use places::Pace;

/// The stream on which files are asked for and given.
pub(super) const FILE: &str = "/kith/file/1";

/// How many places one file may be asked to be written to.
const WANTED_MAX: usize = 8;
/// How often files on their way look at the clock.
const TICK: Duration = Duration::from_secs(1);
/// How long without a new chunk before whoever waits is told so.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often who may have a file is asked anew, while nothing of it comes; and
/// how often a stream for files is opened on one connection.
const AGAIN: Duration = Duration::from_secs(10);
/// How many times the progress of one file is told at most.
const TELLINGS: u64 = 100;

/// Where a face waits for its answer.
pub(super) type Answer = oneshot::Sender<Result<Reply, ApiError>>;
/// Names a file here: its room and hash.
type Key = (RoomId, [u8; 32]);

/// What a thread that may block came to.
#[derive(Debug)]
pub(super) enum FileDone {
    /// A file of ours was hashed and kept, or not.
    Prepared {
        room: RoomId,
        key: BlobKey,
        result: Result<(FileOffer, Vec<ChunkHash>), ApiError>,
        answer: Answer,
    },
    /// A chunk was written, or not.
    Written {
        file: Key,
        index: u64,
        result: io::Result<()>,
    },
    /// A file that is here was written where it was wanted, or not.
    Placed {
        room: RoomId,
        hash: [u8; 32],
        result: Result<(), ApiError>,
        answer: Option<Answer>,
    },
    /// An answer to a peer, read from the disk.
    Given { link: LinkId, frame: Vec<u8> },
}

/// A file on its way here.
#[derive(Debug)]
struct Active {
    download: Download,
    entry: EntryId,
    offer: FileOffer,
    blob: Arc<Blob>,
    file: File,
    waiting: Vec<(PathBuf, Answer)>,
    pace: Pace,
    /// When the last chunk came, or it began or ended to rest.
    moved: Instant,
    /// When peers were asked anew.
    asked: Instant,
    told: u64,
}

/// All that is going on with files.
#[derive(Debug, Default)]
pub(super) struct Files {
    downloads: BTreeMap<Key, Active>,
    /// Links on which we ask.
    asking: BTreeMap<DeviceId, Asking>,
    opening: BTreeSet<DeviceId>,
    /// On which connection a stream was opened last, and when.
    opened: BTreeMap<DeviceId, (ConnId, Instant)>,
    /// Links on which we are asked, and how many answers are under way.
    giving: BTreeMap<LinkId, usize>,
    /// Blobs that are being made: not yet in the database.
    preparing: BTreeSet<[u8; 16]>,
    open: disk::IsOpen,
    tick: Option<Instant>,
}

impl Files {
    pub(super) fn due(&self) -> Option<Instant> {
        self.tick
    }

    pub(super) fn holds(&self, link: LinkId) -> bool {
        self.giving.contains_key(&link) || self.asking.values().any(|a| a.link == link)
    }
}

impl Open {
    /// After the start: forgets what a crash left, goes on with what was on
    /// its way.
    pub(super) async fn begin_files(&mut self) {
        let coming = self
            .store
            .write(|tx| {
                files::forget_unoffered(tx)?;
                let mut coming = Vec::new();
                for file in files::coming(tx)? {
                    let at = files::offered(tx, &file.room, &file.hash)?;
                    coming.push((file, at));
                }
                Ok(coming)
            })
            .await;
        self.sweep_files().await;
        for (file, at) in coming.unwrap_or_default() {
            for pos in at {
                let Ok((entry, offer)) = self.offer_at(&file.room, &pos).await else {
                    continue;
                };
                // It stays on its way; the next start tries again.
                let _ = self.start_download(entry, offer, file).await;
                break;
            }
        }
    }

    /// Removes blobs whose key is gone.
    pub(super) async fn sweep_files(&self) {
        let Ok(mut kept) = self.store.read(files::blobs).await else {
            return;
        };
        kept.extend(&self.files.preparing);
        let folder = self.files_dir.clone();
        let _ = tokio::task::spawn_blocking(move || blob::sweep(&folder, &kept)).await;
    }

    pub(super) async fn file_done(&mut self, done: FileDone) {
        match done {
            FileDone::Prepared {
                room,
                key,
                result,
                answer,
            } => {
                let name = key.name;
                let done = match result {
                    Ok((offer, list)) => self.offer_file(&room, key, offer, list).await,
                    Err(e) => Err(e),
                };
                self.files.preparing.remove(&name);
                if done.is_err() {
                    let _ = self.store.write(files::forget_unoffered).await;
                    self.sweep_files().await;
                }
                let _ = answer.send(done);
            }
            FileDone::Written {
                file,
                index,
                result,
            } => match result {
                Ok(()) => self.file_event(&file, Event::Written(index)).await,
                Err(e) => self.stop_download(&file, disk::refused(&e)),
            },
            FileDone::Placed {
                room,
                hash,
                result,
                answer,
            } => {
                let find = self.store.read(move |tx| files::offered(tx, &room, &hash));
                let at = find.await.unwrap_or_default();
                self.tell_messages(&room, &at).await;
                if let Some(answer) = answer {
                    let _ = answer.send(result.map(|()| Reply::Done));
                }
            }
            FileDone::Given { link, frame } => self.give(link, frame).await,
        }
    }

    /// Fetches the file that a message offers to `path`.
    pub(super) async fn file_fetch(&mut self, of: &MessageRef, path: PathBuf, answer: Answer) {
        match self.fetchable(of, &path).await {
            Err(e) => drop(answer.send(Err(e))),
            Ok((room, entry, offer)) => self.fetch(room, entry, offer, path, answer).await,
        }
    }

    async fn fetchable(
        &self,
        of: &MessageRef,
        path: &Path,
    ) -> Result<(RoomId, EntryId, FileOffer), ApiError> {
        disk::may_write(path)?;
        let room = self.find_room(&of.room)?;
        let (pos, _) = self.find_message(&room, &of.message)?;
        let (entry, offer) = self.offer_at(&room, &pos).await?;
        Ok((room, entry, offer))
    }

    /// What the entry at `pos` offers.
    async fn offer_at(&self, room: &RoomId, pos: &Pos) -> Result<(EntryId, FileOffer), ApiError> {
        let sync = self
            .rooms
            .rooms
            .get(room)
            .ok_or_else(|| self.not_in(room))?;
        let row = sync.log().readable(pos).map(|(_, row)| row);
        let row = row.ok_or_else(|| ApiError::new(Code::NotFound, "that message doesn’t count"))?;
        if row.kind != KindCode::FILE {
            return Err(bad("that message offers no file"));
        }
        let gone = || ApiError::new(Code::NotFound, "that message was deleted, and its file too");
        if sync.log().erasure(&row.id) != Erasure::None {
            return Err(gone());
        }
        let (room, at, id) = (*room, *pos, row.id);
        let found = self
            .store
            .read(move |tx| Stored(tx).read(&room, &[at]))
            .await?;
        let body = found.into_iter().next().and_then(|(_, e)| e.body);
        match body.map(|b| Body::decode(KindCode::FILE, &b)) {
            Some(Ok(Body::Content(Content::File(offer)))) => Ok((id, offer)),
            Some(_) => Err(bad("that message offers no file")),
            None => Err(gone()),
        }
    }

    async fn fetch(
        &mut self,
        room: RoomId,
        entry: EntryId,
        offer: FileOffer,
        path: PathBuf,
        answer: Answer,
    ) {
        let (key, hash) = ((room, offer.hash), offer.hash);
        let known = self
            .store
            .read(move |tx| files::get(tx, &room, &hash))
            .await;
        let file = match known {
            Err(e) => return drop(answer.send(Err(e.into()))),
            Ok(Some(file)) if file.state == State::Here => {
                return self.place(&room, offer, path, Some(answer)).await;
            }
            Ok(Some(file)) => file,
            Ok(None) => File {
                room,
                hash,
                key: BlobKey::random(),
                list: Vec::new(),
                state: State::Coming,
                wanted: Vec::new(),
            },
        };
        if let Err(e) = self.make_place(&key).await {
            return drop(answer.send(Err(e)));
        }
        if !self.files.downloads.contains_key(&key)
            && let Err(e) = self.start_download(entry, offer, file).await
        {
            return drop(answer.send(Err(e)));
        }
        let Some(active) = self.files.downloads.get_mut(&key) else {
            // It was complete on the disk already.
            return self.placed_or_gone(&room, &hash, path, answer).await;
        };
        if active.waiting.len() >= WANTED_MAX || active.file.wanted.len() >= WANTED_MAX {
            let e = ApiError::new(Code::TooMuch, "this file is already being fetched");
            return drop(answer.send(Err(e)));
        }
        if !active.file.wanted.contains(&path) {
            active.file.wanted.push(path.clone());
        }
        active.waiting.push((path, answer));
        let file = active.file.clone();
        // Kept, so that a restart goes on; the answer doesn't depend on it.
        let _ = self.store.write(move |tx| files::put(tx, &file)).await;
        self.wake(&key).await;
    }

    async fn placed_or_gone(
        &mut self,
        room: &RoomId,
        hash: &[u8; 32],
        path: PathBuf,
        answer: Answer,
    ) {
        let (id, hash) = (*room, *hash);
        let at = self
            .store
            .read(move |tx| files::offered(tx, &id, &hash))
            .await
            .unwrap_or_default();
        for pos in at {
            if let Ok((_, offer)) = self.offer_at(room, &pos).await {
                return self.place(room, offer, path, Some(answer)).await;
            }
        }
        let _ = answer.send(Err(no_room()));
    }

    /// Takes up a file with what is on the disk already; it rests until it is
    /// woken.
    async fn start_download(
        &mut self,
        entry: EntryId,
        offer: FileOffer,
        file: File,
    ) -> Result<(), ApiError> {
        self.forget_one_at_rest();
        let (folder, of, known) = (self.files_dir.clone(), offer.clone(), file.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let blob = Blob::open(&folder, &known.key, &of)?;
            let present = match known.list.is_empty() {
                true => Vec::new(),
                false => blob.present(of.chunks()),
            };
            io::Result::Ok((blob, present))
        });
        let (blob, present) = opened
            .await
            .map_err(super::error::fault)?
            .map_err(|e| disk::refused(&e))?;
        let (room, key) = (file.room, (file.room, file.hash));
        let download = Download::new(room, entry, offer.clone())
            .resume(file.list.clone(), present.into_iter());
        let complete = download.is_complete();
        let kept = file.clone();
        self.store.write(move |tx| files::put(tx, &kept)).await?;
        let active = Active {
            download,
            entry,
            offer,
            blob: Arc::new(blob),
            file,
            waiting: Vec::new(),
            pace: Pace::Resting,
            moved: Instant::now(),
            asked: Instant::now(),
            told: 0,
        };
        self.files.downloads.insert(key, active);
        self.files.tick = Some(Instant::now() + TICK);
        if complete {
            self.complete(&key).await;
        }
        Ok(())
    }

    /// Something happened to a file on its way: do what the rules say.
    async fn file_event(&mut self, key: &Key, event: Event) {
        let now = self.now();
        let Some(active) = self.files.downloads.get_mut(key) else {
            return;
        };
        if matches!(event, Event::Written(_)) {
            active.moved = Instant::now();
            active.pace = active.pace.moved();
        }
        let effects = active.download.handle(event, now);
        let blob = Arc::clone(&active.blob);
        for effect in effects {
            match effect {
                Effect::Send(peer, message) => {
                    if let Some(asking) = self.files.asking.get_mut(&peer) {
                        asking.queue(message);
                        Box::pin(self.ask_next(&peer)).await;
                    }
                }
                Effect::KeepHashes(list) => {
                    let Some(active) = self.files.downloads.get_mut(key) else {
                        return;
                    };
                    active.file.list = list;
                    let file = active.file.clone();
                    if let Err(e) = self.store.write(move |tx| files::put(tx, &file)).await {
                        return self.stop_download(key, e.into());
                    }
                }
                Effect::Write { index, data, .. } => {
                    let (blob, results, file) = (Arc::clone(&blob), self.results_to.clone(), *key);
                    tokio::task::spawn_blocking(move || {
                        let result = blob.write(index, &data);
                        let done = FileDone::Written {
                            file,
                            index,
                            result,
                        };
                        let _ = results.blocking_send(Done::File(done));
                    });
                }
                Effect::Blame(peer) => {
                    if let Some(link) = self.files.asking.get(&peer).map(|a| a.link) {
                        Box::pin(self.drop_link(link)).await;
                    }
                }
                Effect::Done => return self.complete(key).await,
            }
        }
        self.tell_progress(key);
    }

    fn tell_progress(&mut self, key: &Key) {
        let Some(active) = self.files.downloads.get(key) else {
            return;
        };
        let (done, of) = active.download.progress();
        let share = done * TELLINGS / of.max(1);
        if share == active.told {
            return;
        }
        let progress = Told::Fetching {
            room: self.room_ref(&key.0),
            message: super::invites::hex(active.entry.0.as_bytes()),
            bytes: (done * active.offer.chunk_size()).min(active.offer.size),
            size: active.offer.size,
        };
        if let Some(active) = self.files.downloads.get_mut(key) {
            active.told = share;
        }
        self.tell(progress);
    }

    /// All chunks are written and verified: the file is here.
    async fn complete(&mut self, key: &Key) {
        self.tell_progress(key);
        let Some(mut active) = self.files.downloads.remove(key) else {
            return;
        };
        let wanted = std::mem::take(&mut active.file.wanted);
        let mut file = active.file.clone();
        file.state = State::Here;
        let blob = Arc::clone(&active.blob);
        let synced = tokio::task::spawn_blocking(move || blob.sync()).await;
        let kept = match synced {
            Ok(Ok(())) => self
                .store
                .write(move |tx| files::put(tx, &file))
                .await
                .map_err(ApiError::from),
            Ok(Err(e)) => Err(disk::refused(&e)),
            Err(e) => Err(super::error::fault(e)),
        };
        if let Err(e) = kept {
            for (_, answer) in active.waiting {
                let _ = answer.send(Err(e.clone()));
            }
            return;
        }
        for path in wanted {
            let waiting = active.waiting.iter().position(|(p, _)| *p == path);
            let answer = waiting.map(|at| active.waiting.swap_remove(at).1);
            self.place(&key.0, active.offer.clone(), path, answer).await;
        }
    }

    /// Writes a file that is here to where it is wanted.
    async fn place(
        &mut self,
        room: &RoomId,
        offer: FileOffer,
        path: PathBuf,
        answer: Option<Answer>,
    ) {
        let (id, hash) = (*room, offer.hash);
        let found = self.store.read(move |tx| files::get(tx, &id, &hash)).await;
        let (folder, results) = (self.files_dir.clone(), self.results_to.clone());
        let open = self.files.open.watched();
        tokio::task::spawn_blocking(move || {
            let result = match found {
                Ok(Some(file)) => disk::give_out(&folder, &file.key, &offer, &path, &open),
                Ok(None) => Err(no_room()),
                Err(e) => Err(e.into()),
            };
            let done = FileDone::Placed {
                room: id,
                hash,
                result,
                answer,
            };
            let _ = results.blocking_send(Done::File(done));
        });
    }

    /// Stops a download that can't go on; a later fetch resumes it.
    fn stop_download(&mut self, key: &Key, why: ApiError) {
        if let Some(active) = self.files.downloads.remove(key) {
            for (_, answer) in active.waiting {
                let _ = answer.send(Err(why.clone()));
            }
        }
    }

    /// Something in a room was erased: its files go with it.
    pub(super) async fn files_erased(&mut self, room: &RoomId) {
        let keys: Vec<Key> = self.files.downloads.keys().copied().collect();
        for key in keys.into_iter().filter(|k| k.0 == *room) {
            let found = self
                .store
                .read(move |tx| files::get(tx, &key.0, &key.1))
                .await;
            if matches!(found, Ok(None)) {
                let why = ApiError::new(Code::NotFound, "the message that offered it was deleted");
                self.stop_download(&key, why);
            }
        }
        self.sweep_files().await;
    }
}

/// Who opened a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ours {
    /// This node did.
    Yes,
    /// The peer did.
    No,
}
