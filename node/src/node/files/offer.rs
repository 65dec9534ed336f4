//! Offering a file to a room.

use std::path::PathBuf;

use kith_api::{ApiError, Code, Reply};
use kith_proto::file::ChunkHash;
use kith_proto::id::RoomId;
use kith_proto::room::body::{Content, FileOffer};
use kith_proto::room::membership::Standing;

use super::super::open::{Done, Open};
use super::{Answer, FileDone, disk};
use crate::blob::BlobKey;
use crate::store::files::{self, File, State};

impl Open {
    /// Offers the file at `path` to a room.
    pub(in super::super) fn file_send(&mut self, to: &str, path: PathBuf, answer: Answer) {
        let room = match self.find_room(to) {
            Ok(room) if self.is_in(&room) => room,
            Ok(_) => {
                let e = ApiError::new(Code::Denied, "you aren’t a member of this room");
                return drop(answer.send(Err(e)));
            }
            Err(e) => return drop(answer.send(Err(e))),
        };
        let key = BlobKey::random();
        self.files.preparing.insert(key.name);
        let (folder, results) = (self.files_dir.clone(), self.results_to.clone());
        let open = self.files.open.watched();
        tokio::task::spawn_blocking(move || {
            let result = disk::take_in(&folder, &key, &path, &open);
            let done = FileDone::Prepared {
                room,
                key,
                result,
                answer,
            };
            let _ = results.blocking_send(Done::File(done));
        });
    }

    fn is_in(&self, room: &RoomId) -> bool {
        self.rooms.rooms.get(room).is_some_and(|sync| {
            sync.log().membership().standing(&self.account.person()) == Standing::Member
        })
    }

    /// The content is kept: now the room may hear of it.
    pub(super) async fn offer_file(
        &mut self,
        room: &RoomId,
        key: BlobKey,
        offer: FileOffer,
        list: Vec<ChunkHash>,
    ) -> Result<Reply, ApiError> {
        let (room, hash) = (*room, offer.hash);
        let file = File {
            room,
            hash,
            key,
            list,
            state: State::Here,
            wanted: Vec::new(),
        };
        self.store
            .write(move |tx| match files::get(tx, &room, &hash)? {
                Some(known) if known.state == State::Here => Ok(()),
                _ => files::put(tx, &file),
            })
            .await?;
        // If it was on its way, it is here now.
        if let Some(mut active) = self.files.downloads.remove(&(room, hash)) {
            let waiting = std::mem::take(&mut active.waiting);
            for (path, answer) in waiting {
                self.place(&room, offer.clone(), path, Some(answer)).await;
            }
        }
        self.say(&room, Content::File(offer)).await
    }
}
