//! Makes film.

use openh264::encoder::{
    Complexity, Encoder, EncoderConfig, FrameRate, FrameType, Profile, QpRange, RateControlMode,
    UsageType,
};
use openh264::formats::YUVSource;
use openh264::{OpenH264API, Timestamp};

use super::colour::Planes;
use super::nal::FilmKind;
use crate::geometry::Rect;
use crate::picture::PixelView;
use crate::time::Moment;

/// The encoder library failed on this machine (memory).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the film encoder failed on this machine")]
pub struct FilmEncodeError;

impl YUVSource for Planes {
    fn dimensions(&self) -> (usize, usize) {
        (self.w, self.h)
    }
    fn strides(&self) -> (usize, usize, usize) {
        (self.w, self.w / 2, self.w / 2)
    }
    fn y(&self) -> &[u8] {
        &self.y
    }
    fn u(&self) -> &[u8] {
        &self.u
    }
    fn v(&self) -> &[u8] {
        &self.v
    }
}

/// H.264 quantiser: 22 is hard to tell from the original, 6 more halve the
/// bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Coarseness(u8);

impl Coarseness {
    const FINE: u8 = 22;
    const COARSE: u8 = 40;
    /// Bits a pixel and picture that moving pictures take at [`Self::FINE`].
    const FINE_BITS: f64 = 0.5;
    /// Pictures a second that a narrow path should still carry.
    const PICTURES: f64 = 20.0;

    /// For a film of so many pixels over a path that takes so many bits a
    /// second, if that is known to be a limit.
    pub(crate) fn choose(pixels: u32, rate: Option<u64>) -> Self {
        let Some(rate) = rate else {
            return Self(Self::FINE);
        };
        let bits = rate as f64 / (f64::from(pixels.max(1)) * Self::PICTURES);
        let steps = 6.0 * (Self::FINE_BITS / bits.max(1e-6)).log2();
        // Casting saturates: a path of no rate gives the coarsest.
        Self((f64::from(Self::FINE) + steps.max(0.0)).min(f64::from(Self::COARSE)) as u8)
    }
}

/// One running film.
pub(crate) struct FilmEncoder {
    rect: Rect,
    encoder: Encoder,
    planes: Planes,
    started: Moment,
}

impl std::fmt::Debug for FilmEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FilmEncoder({:?})", self.rect)
    }
}

impl FilmEncoder {
    /// A film at `rect` (which fits, see [`super::film_fits`]).
    pub(crate) fn new(rect: Rect, step: Coarseness, now: Moment) -> Result<Self, FilmEncodeError> {
        let config = EncoderConfig::new()
            .profile(Profile::Baseline)
            .usage_type(UsageType::CameraVideoRealTime)
            // Constant quality: how many pictures are made follows credit, so
            // the library need not, and must not, leave out any by itself.
            // In this mode the quantiser stays within the range and nothing else
            // decides it.
            .rate_control_mode(RateControlMode::Bufferbased)
            .qp(QpRange::new(step.0, step.0 + 2))
            .max_frame_rate(FrameRate::from_hz(30.0))
            .complexity(Complexity::Low)
            .scene_change_detect(true)
            .num_threads(1);
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config)
            .map_err(|_| FilmEncodeError)?;
        Ok(Self {
            rect,
            encoder,
            planes: Planes::default(),
            started: now,
        })
    }

    pub(crate) const fn rect(&self) -> Rect {
        self.rect
    }

    /// Encodes the rectangle as it is now. `key` asks for a picture that
    /// stands alone; the first always does, and the encoder may choose to.
    pub(crate) fn encode(
        &mut self,
        source: &PixelView<'_>,
        key: FilmKind,
        now: Moment,
        out: &mut Vec<u8>,
    ) -> Result<FilmKind, FilmEncodeError> {
        self.planes.fill_from(source, self.rect);
        if key == FilmKind::Key {
            self.encoder.force_intra_frame();
        }
        let at = Timestamp::from_millis((now - self.started).0 / 1000);
        let stream = self
            .encoder
            .encode_at(&self.planes, at)
            .map_err(|_| FilmEncodeError)?;
        out.clear();
        stream.write_vec(out);
        match stream.frame_type() {
            FrameType::IDR => Ok(FilmKind::Key),
            FrameType::P => Ok(FilmKind::Delta),
            _ => Err(FilmEncodeError),
        }
    }
}
