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
panel-back = Zurück zum Gespräch
share-show = Etwas zeigen
share-let-control = Zeigen und steuern lassen
share-see = Bitten, etwas zu sehen
share-see-control = Bitten, zu sehen und zu steuern
share-unknown = Was möglich ist, zeigt sich erst, wenn beide online waren.
share-checking = Der Weg dorthin wird gerade geprüft …
path-title = Wege dorthin
path-you = Sie
path-untried = Noch nicht versucht
ask-just-came = Das steht erst seit eben hier. Bitte lesen, dann noch einmal drücken.
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
offer-application = Name, oder unten wählen
offer-application-example = libreoffice
offer-window = Titel oder ein Teil davon, oder unten wählen
offer-window-example = Bericht.odt
offer-region = Bereich
offer-region-example = 800x600+0+0
offer-desktop = Der Bildschirm
offer-desktop-more = Alles auf Ihrem Bildschirm wird zu sehen sein, was auch immer erscheint. Ein Programm ist sicherer.
offer-list = Was es gibt
offer-again = Neu nachsehen
offer-gone = Was gewählt war, gibt es nicht mehr. Bitte neu wählen.
offer-nothing = Nichts hier heißt so.
offer-invite = Einladen
offer-allow = Dies zeigen
offer-ask = Bitten
offer-control-more = { $name } sieht etwas von Ihnen und möchte steuern. Was Sie hier ausschließen, geht nicht.
offer-join-more = Sagen Sie, wozu Sie etwas von { $name } sehen möchten.
bounds-title = { $n ->
    [0] Grenzen
   *[other] Grenzen: { $n }
}
bounds-head = Was nicht geht
bounds-remember = Für das nächste Mal merken
bounds-before = Von früher gemerkt:
bounds-more = Rahmen, die die Fensterverwaltung zeichnet, und die Fenster von Kith nehmen nie Klicks an.
case-more = Die Regeln hier verlangen das. Beide Seiten halten es im Protokoll fest.
case-purpose = Wozu
case-reference = Aktenzeichen
case-patient-consent = Wer die Zustimmung des Patienten eingeholt hat
allow-within = Mit Grenzen …
hand-over = Übergeben
no-panic-key = Keine Nottaste: dieser Rechner hat keinen Bildschirm, an dem Esc zu hören wäre. Nur dieses Programm und „kith panic“ nehmen das Steuern zurück.
live-no-key = Esc ist hier nicht zu hören: beenden Sie es mit diesen Knöpfen.
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
key-nearby = Jemand in der Nähe
key-panel = Zeigen öffnen oder schließen
key-show = Der Person des offenen Gesprächs etwas zeigen
key-see = Darum bitten, etwas von ihr zu sehen
key-asking = Zur Antwort, auf die jemand wartet
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
rules-says = Was sie sagt
rules-refused = { $n ->
    [one] Eine Änderung davon wurde abgelehnt
   *[other] { $n } Änderungen davon wurden abgelehnt
}: siehe „kith policy show“.
rules-mine = Ihre eigenen Regeln
rules-mine-none = Sie haben keine. „kith policy mine“ fügt welche hinzu: wer Sie bitten darf, und worum.
rules-demand = Verlangt wird: { $what }
rules-with = Mit wem?
rules-with-more = Wählen Sie jemanden, um zu sehen, was mit der Person erlaubt ist und warum etwas nicht.
rules-with-nobody = Sie haben noch keine Kontakte.
rules-allowed = Erlaubt: { $what }{ $control ->
    [yes] , mit Steuern
   *[no] , nur sehen
}.
rules-denied = Nicht erlaubt.
case-i-invite = Sie zeigen { $name } etwas
case-they-ask = { $name } bittet, etwas von Ihnen zu sehen
case-they-invite = { $name } zeigt Ihnen etwas
case-i-ask = Sie bitten { $name }, Ihnen etwas zu zeigen
demand-notify = benachrichtigt zu werden
demand-accept = gefragt zu werden
demand-trial = vorher eine Probe
demand-purpose = wozu
demand-reference = ein Aktenzeichen
demand-patient-consent = wer die Zustimmung des Patienten eingeholt hat
demand-no-starters = keine Programme, die andere starten
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
set-devices-more = Ein neuer Rechner wird mit einer Sicherung („kith restore“) oder dem Notfallblatt („kith recover“) zu Ihrem Gerät. „kith id --recovery-sheet“ druckt eines.
set-kept = Was Kith auf diesem Gerät aufbewahrt, ist mit Ihrer Passphrase verschlüsselt.
set-kept-open = Was Kith auf diesem Gerät aufbewahrt, steht unter keiner Passphrase: wer die Platte lesen kann, kann alles lesen.
device-valid = In Gebrauch
device-expired = Abgelaufen
device-revoked = Widerrufen
device-until = bescheinigt bis { $when }
revoke-open = Widerrufen …
revoke-title = Ein Gerät widerrufen
revoke-more = Es verliert für immer den Zugang, überall, wo man davon hört. Warum?
revoke-lost = Es ist verloren
revoke-stolen = Es wurde gestohlen
revoke-retired = Es wird nicht mehr benutzt
revoke-go = Widerrufen

nav-agreed = Zusagen
agreed-title = Im Voraus zugesagt
consents-title = Dauernde Zusagen
consents-more = Wer ein Programm von Ihnen sehen darf, ohne noch einmal zu fragen. Die Nottaste, oder ein Zeigen zu beenden, setzt die Zusage aus, bis Sie sagen, dass sie wieder gilt.
consents-none = Niemand darf etwas sehen, ohne Sie zu fragen.
consent-says = { $name } darf { $what } sehen{ $control ->
    [yes] { " " }und steuern
   *[no] { "" }
}
consent-until = Bis { $when }
consent-resume = Wieder gelten lassen
consent-end = Zurücknehmen
held-panic = Ausgesetzt, seit Sie die Nottaste gedrückt haben. Sie gilt nicht.
held-stopped = Ausgesetzt, seit Sie das Steuern zurückgenommen oder ein Zeigen beendet haben. Sie gilt nicht.
held-other = Ausgesetzt. Sie gilt nicht.
limits-title = Grenzen beim Steuern
limits-more = Was Sie ausgeschlossen haben und behalten wollten. Es gilt wieder, sobald Sie jemanden steuern lassen.
limits-none = Nichts ist gemerkt.
limit-everybody = Alle
limit-every-application = jedem Programm
limit-says = { $who }, mit { $what }
limit-device = Nur auf dem Gerät { $device }…
limit-keys = nicht die Tasten { $keys }
limit-pace = höchstens { $n } Eingaben in der Sekunde
limit-nothing = Nichts ist ausgeschlossen
limit-forget = Vergessen
bar-menus = keine Menüs
bar-file-dialogs = keine Dateidialoge
bar-right-click = kein Rechtsklick
bar-borders = kein Verschieben, Vergrößern oder Schließen
bar-shortcuts = keine Tastenkürzel
bar-keyboard = gar keine Tasten

## What a node says in English, by its code
ended-other = aus einem Grund, der hier nicht bekannt ist
ended-declined = die Person hat abgelehnt
ended-no-answer = niemand hat rechtzeitig geantwortet
ended-cancelled = wer gefragt hat, hat es zurückgenommen
ended-taken = ein anderes Gerät derselben Person hat es angenommen
ended-crossed = beide haben zugleich dasselbe gefragt; die andere Anfrage geht weiter
ended-denied = eine Richtlinie oder ein Profil erlaubt es nicht
ended-case-missing = ein Zweck, ein Aktenzeichen oder die Zustimmung des Patienten wird verlangt
ended-not-possible = die beiden Geräte können das nicht zusammen
ended-more-than-asked = es wurde mehr angeboten als gefragt
ended-policies-differ = die beiden Seiten haben verschiedene Fassungen einer Richtlinie
ended-seal-failed = die Angaben ließen sich nicht versiegeln oder öffnen
ended-session-used = die Sitzung wurde schon einmal benutzt
ended-storage = es ließ sich nichts speichern
ended-no-path = der Weg zwischen den Geräten ließ sich nicht bestätigen
ended-path-lost = die Verbindung ging verloren
ended-timeout = das andere Programm hat nicht rechtzeitig geantwortet
ended-stopped = jemand hat es beendet
ended-panic = die Nottaste wurde gedrückt
ended-policy-changed = eine neuere Richtlinie erlaubt es nicht mehr
ended-expired = es hat so lange gedauert, wie es darf
ended-crashed = das Programm ist dabei abgestürzt
ended-closed = Kith wurde geschlossen oder gesperrt
ended-misbehaved = das andere Programm hat die Regeln gebrochen
ended-too-many = zu viele Anfragen auf einmal
ended-source-ended = was gezeigt wurde, ist nicht mehr da
ended-launch-failed = es ließ sich nicht beginnen
ended-unwanted = die Person nimmt solche Anfragen nicht an
reason-not-contacts = { $name } und Sie sind noch keine Kontakte
reason-device-barred = das Gerät gehört nicht mehr { $name }, oder seine Bescheinigung ist abgelaufen
reason-not-looked = dieses Gerät wird noch geprüft
reason-not-met = was das Gerät von { $name } kann, ist noch nicht bekannt: es muss Ihrem erst begegnen
reason-run-out = was das Gerät von { $name } kann, wurde vor zu langer Zeit gesagt: es muss Ihrem wieder begegnen
reason-offline = { $name } ist gerade nicht zu erreichen
reason-no-common-version = Ihr Kith und das von { $name } haben keine gemeinsame Fassung
reason-no-screen = hier gibt es keinen Bildschirm
reason-wayland = Wayland-Bildschirme lassen sich noch nicht zeigen
reason-display-lacks = dem X11-Bildschirm fehlt, was das Zeigen braucht
reason-no-server = hier ist kein Programm dafür installiert, das zeigt
reason-no-viewer = hier ist kein Programm dafür installiert, das zusieht
reason-not-supported = Kith kann das nicht
reason-no-address = keine Adresse des anderen Geräts ist bekannt
reason-forbidden = die bekannten Adressen dürfen von hier nicht versucht werden
reason-no-network = dieses Gerät hat kein Netz, das dorthin führt
reason-not-running = der andere Rechner ist da, aber Kith läuft dort nicht
reason-elsewhere = an den bekannten Adressen ist jetzt jemand anderes
reason-blocked = nichts kommt durch: eine Firewall oder ein Router steht im Weg, oder das Gerät ist aus
reason-policy-expired = die Richtlinie ist abgelaufen
reason-policy-forked = von der Richtlinie gibt es zwei Fassungen, die sich widersprechen
reason-policy-needs-update = die Richtlinie braucht ein neueres Kith
reason-policy-broken = die Richtlinie ist beschädigt
reason-outsider = jemand von Ihnen gehört nicht zur Organisation
reason-role = Ihre Rolle in der Organisation erlaubt es nicht
reason-rule = eine Regel der Organisation erlaubt es nicht
reason-policy-demands = die Richtlinie verlangt dafür mehr
reason-meeting = der Veranstalter hat es für dieses Treffen abgestellt
reason-profile-rule = eine Regel Ihres Profils erlaubt es nicht
reason-profile-demands = Ihr Profil verlangt dafür mehr
reason-terms = die andere Person erlaubt es Ihnen nicht
way-direct = direkt
way-relayed = über jemanden
way-standing = steht schon
way-remembered = von früher
way-announced = mitgeteilt
verdict-direct = die beiden Geräte erreichen sich direkt
verdict-direct-no-udp = die beiden Geräte erreichen sich, aber UDP ist gesperrt: Filme können ruckeln
verdict-relayed = nur über das Gerät eines Kontakts
verdict-no-address = keine Adresse des anderen Geräts ist bekannt
verdict-forbidden = die bekannten Adressen dürfen von hier nicht versucht werden
verdict-no-network = dieses Gerät hat kein Netz, das dorthin führt
verdict-not-running = der andere Rechner ist da, aber Kith läuft dort nicht
verdict-elsewhere = an den bekannten Adressen ist jetzt jemand anderes
verdict-blocked = nichts kommt durch: eine Firewall oder ein Router steht im Weg, oder das Gerät ist aus
