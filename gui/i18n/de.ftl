# Deutsch.

today = Heute
yesterday = Gestern
loading = Einen Moment …
copied = Kopiert
close = Schließen
try-again = Noch einmal
start-again = Wieder starten
allow = Erlauben
deny = Ablehnen
decline = Ablehnen
join = Beitreten
leave = Verlassen
copy = Kopieren

opening = Kith startet …
first-title = Willkommen bei Kith
first-more = Sprechen Sie mit Menschen in der Nähe oder in der Ferne und zeigen Sie ihnen ein laufendes Programm. Es gibt keinen Server und kein Konto: alles bleibt auf Ihren Geräten.
first-name = Ihr Name
first-name-help = Das sehen die anderen.
first-name-example = Anna Berg
first-name-missing = Bitte geben Sie zuerst einen Namen ein.
first-passphrase = Passphrase
first-passphrase-help = Sie schützt alles, was Kith auf diesem Gerät aufbewahrt. Vier oder fünf ungewöhnliche Wörter sind stark und leicht zu merken.
first-again = Noch einmal dieselbe
first-too-short = Die Passphrase braucht mindestens acht Zeichen.
first-differ = Die beiden Passphrasen sind verschieden.
first-go = Beginnen
first-making = Ihre Schlüssel entstehen …
unlock-title = Kith ist gesperrt
unlock-more = Geben Sie Ihre Passphrase ein, um es zu öffnen.
unlock-go = Öffnen
unlock-busy = Wird geöffnet …
unlock-wrong = Diese Passphrase passt nicht.
broken-title = Kith kann nicht starten
broken-more = Nichts von Ihnen ist verloren. Wenn es so bleibt, sagt „kith doctor“ in einem Terminal mehr.

nav-talk = Gespräche
nav-shares = Zeigen
nav-settings = Optionen
search = Menschen und Nachrichten suchen
searching = Suche …
found-nothing = Keine Nachricht enthält diesen Text.
found = { $n ->
    [one] Eine Nachricht
   *[other] { $n } Nachrichten
}
invite = Jemanden einladen
new-room = Neuer Raum
nobody = Noch niemand da
nobody-more = Laden Sie jemanden ein oder beantworten Sie eine Einladung, die Sie bekommen haben.
invite-somebody = Jemanden einladen
have-invite = Ich habe eine Einladung
members = { $n ->
    [one] Nur Sie
   *[other] { $n } Personen
}
invited-here = Sie sind eingeladen
asks-you = Möchte mit Ihnen sprechen
waiting-for = Antwort steht noch aus
let-in = Annehmen
turn-away = Ablehnen
offline = Nicht erreichbar
presence-available = Da
presence-away = Abwesend
presence-busy = Beschäftigt
presence-hidden = Verborgen
presence-sharing = Zeigt oder sieht gerade etwas
presence-via = { $how }, { $via }

nothing-open = Wählen Sie ein Gespräch
nothing-open-more = Ihre Menschen und Räume stehen links.
asks-title = { $name } möchte mit Ihnen sprechen
asks-more = Ihre Einladung wurde beantwortet. Nehmen Sie nur an, wenn Sie wissen, wer das ist; eine Sicherheitsnummer können Sie später vergleichen.
waiting-title = Warten auf { $name }
waiting-more = Sobald Sie beide online sind, erfährt die andere Seite von Ihrer Antwort. Mehr ist nicht nötig.
verified = Geprüft
unverified = Nicht geprüft
share = Zeigen
not-a-member = Sie gehören nicht mehr zu diesem Raum.
history-failed = Die Nachrichten lassen sich nicht zeigen
no-messages = Noch keine Nachrichten
no-messages-more = Sagen Sie hallo. Was Sie schreiben, wartet hier, bis die andere Seite erreichbar ist.
to-newest = Zur neuesten Nachricht
invited-question = Sie sind in diesen Raum eingeladen. Möchten Sie beitreten?
answering = Antwort auf
editing = Ändern
write = Nachricht schreiben
new-below = Neu
react = Reagieren
answer = Antworten
edit = Ändern
edited = geändert
delete = Für alle löschen
erased = Diese Nachricht wurde gelöscht.
missing = Der Text dieser Nachricht ist noch nicht angekommen.
delivery-queued = Wartet auf diesem Gerät
delivery-held = Liegt bei { $names }, noch nicht überall
delivery-delivered = Zugestellt
delivery-read = Gelesen
file-title = Datei senden
file-more = Nennen Sie hier eine Datei oder ziehen Sie eine auf das Gespräch. Sie wird gesendet, wenn die anderen sie abrufen.
file-path = Wo sie liegt
file-send = Datei senden
file-save = In Downloads speichern
no-downloads = Es gibt keinen Ordner dafür
node-gone = Kith läuft nicht im Hintergrund. Nichts wird gesendet oder empfangen.

invite-title = Jemanden einladen
invite-more = Geben Sie dies genau einer Person: zum Scannen, oder als Text. Es gilt einmal.
copy-invite = Text kopieren
invite-until = Gültig bis { $when }
accept-title = Einladung beantworten
accept-more = Fügen Sie den Text ein, der mit „kith:“ beginnt. Ansehen verbraucht ihn nicht.
accept-go = Beantworten
accept-look = Ansehen
accept-done = Sie und { $name } können jetzt sprechen.
accept-waits = Ihre Antwort ist unterwegs zu { $name }. Sobald sie angenommen ist, können Sie sprechen.
petname = Wie Sie diese Person nennen
petname-help = Das sehen nur Sie.
safety-title = Sicherheitsnummer vergleichen
safety-more = Lesen Sie { $name } diese Zahlen vor, von Angesicht oder am Telefon. Sehen beide dasselbe, steht niemand dazwischen.
safety-equal = Sie sind gleich
safety-differs = Sie sind verschieden
safety-is = Sie haben diese Nummer verglichen.
safety-take-back = Zeichen zurücknehmen
room-title = Neuer Raum
room-name = Wie er heißt
room-name-example = Station 3
room-who = Wer dabei ist
room-make = Raum anlegen
about = Über diese Person
person-id = Identität
compare = Sicherheitsnummer vergleichen

share-choose = Wählen Sie eine Person, um etwas zu zeigen.
share-show = Etwas zeigen
share-let-control = Zeigen und steuern lassen
share-see = Bitten, etwas zu sehen
share-see-control = Bitten, zu sehen und zu steuern
share-unknown = Was möglich ist, zeigt sich erst, wenn beide online waren.
share-checking = Der Weg dorthin wird gerade geprüft …
path-title = Wege dorthin
choose-what = Auswählen, was
live-sees = { $names } sieht { $what }
live-controls = { $names } sieht und steuert { $what }
live-how = Mit Esc übernehmen Sie wieder selbst
take-control = Wieder übernehmen
stop-sharing = Zeigen beenden
stop-watching = Zusehen beenden
take-back = Zurücknehmen
ask-control = Um Steuerung bitten
give-control-back = Steuerung zurückgeben
shares-title = Zeigen
shares-none = Es wird nichts gezeigt
shares-none-more = Öffnen Sie ein Gespräch und drücken Sie „Zeigen“, um ein Programm zu zeigen oder eines zu sehen.
shares-now = Jetzt
shares-over = Vorbei
phase-invited = Sie haben { $name } eingeladen, { $what } zu sehen.
phase-asked-for = Sie haben { $name } gebeten, Ihnen etwas zu zeigen.
phase-wants-to-see = { $name } möchte etwas von Ihnen sehen{ $control ->
    [yes] { " " }und steuern
   *[no] { "" }
}.
phase-invites-me = { $name } möchte Ihnen { $what } zeigen{ $control ->
    [yes] , mit Steuerung
   *[no] { "" }
}.
phase-settling = Vorbereitung mit { $name } …
phase-sees = { $name } sieht { $what }{ $control ->
    [yes] { " " }und steuert es
   *[no] { "" }
}.
phase-wants-control = { $name } sieht { $what } und bittet um Steuerung.
phase-shows = { $name } zeigt Ihnen { $what }{ $control ->
    [yes] , und Sie steuern es
   *[no] { "" }
}.
phase-over = Mit { $name }: { $why }.
extent-window = ein Fenster
extent-application = ein Programm
extent-applications = einige Programme
extent-desktop = den Bildschirm
offer-title = Etwas zeigen
offer-more = { $name } sieht nur, was Sie hier wählen. Sie können es jederzeit beenden.
offer-what = Was
offer-level = Was erlaubt ist
offer-application = Name des Programms
offer-application-example = libreoffice
offer-window = Titel des Fensters oder ein Teil davon
offer-window-example = Bericht.odt
offer-region = Bereich
offer-region-example = 800x600+0+0
offer-desktop = Der Bildschirm
offer-desktop-more = Alles auf Ihrem Bildschirm wird zu sehen sein, was auch immer erscheint. Ein Programm ist sicherer.
offer-invite = Einladen
offer-allow = Dies zeigen
kind-application = Programm
kind-window = Fenster
kind-region = Bereich
kind-desktop = Bildschirm
level-view = Nur sehen
level-control = Sehen und steuern

set-me = Sie
set-presence = Was andere sehen
set-presence-more = Verborgen heißt: niemand im Netz findet Sie, auch Ihre Kontakte nicht.
set-looks = Aussehen
set-scheme = Farben
set-light = Hell
set-dark = Dunkel
set-size = Größe
set-language = Sprache
set-safety = Sicherheit
set-lock = Jetzt sperren
set-lock-more = Sperren nimmt Ihre Schlüssel aus dem Speicher und beendet alle Verbindungen, bis Sie die Passphrase eingeben.

keys-title = Tasten
key-tab = Zum nächsten Element, mit Umschalt zurück
key-enter = Drücken; beim Schreiben: senden, mit Umschalt neue Zeile
key-escape = Schließen oder abbrechen
key-along = Nächstes oder voriges Gespräch
key-pick = Von Nachricht zu Nachricht
key-search = Suchen
key-invite = Jemanden einladen
key-join = Einladung beantworten
key-panel = Zeigen öffnen oder schließen
key-pages = Zu einer Seite
key-stop = Alles Zeigen beenden
key-lock = Sperren
key-scale = Größer oder kleiner

nearby-title = Jemand in der Nähe
nearby-more = Zehn Minuten lang sehen andere in diesem Netz, die dasselbe tun, Ihren Namen. Wählen Sie die Person, die Sie treffen möchten.
nearby-nobody = Noch niemand. Die andere Person öffnet dies auch in ihrem Kith.
code-begin = Mit kurzem gesprochenem Code
code-begun = Die beiden Geräte bilden einen Code mit { $name } …
code-compare = Lesen Sie { $name } diesen Code vor. Sehen beide denselben?
code-waiting = Warten, bis { $name } es auch bestätigt.
code-done = Sie und { $name } kennen sich jetzt, geprüft.
code-failed = Mit { $name } ist nichts daraus geworden.
arrived = { $name } ist jetzt da

nav-rules = Regeln
nav-log = Protokoll
nav-diagnosis = Prüfen
rules-none = Sie gehören zu keiner Organisation
rules-none-more = Ohne Organisation werden Sie vor jedem Zeigen gefragt. Deren Regeln können das nur strenger machen.
rules-state = Jetzt
rules-issued = Unterschrieben
rules-until = Brauchbar bis
rules-role = Ihre Rolle
rules-no-role = Nicht aufgeführt
rules-members = Mitglieder
state-in-force = In Kraft
state-grace = Alt, noch eine Weile brauchbar
state-policy-expired = Abgelaufen
log-check = Protokoll prüfen
log-sound = In Ordnung: alle { $n } Einträge stehen in ihrer Kette.
log-none = Noch wurde nichts gezeigt oder erbeten.
check-again = Noch einmal prüfen
set-devices = Ihre Geräte
set-this-device = Dieses Gerät
set-other-device = Ein anderes Gerät
