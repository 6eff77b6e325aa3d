/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/name.h"

enum { WORDS_MAX = 8, WORD_SIZE = 24 };

struct words {
    unsigned count;
    bool overflow;
    char word[WORDS_MAX][WORD_SIZE];
    uint8_t n[WORDS_MAX];
    uint32_t is[WORDS_MAX]; /* bits of the dictionary */
};

/* The letter below an accent: U+00C0 to U+00FF, by the low six bits. */
static const char base_letters[] = "aaaaaaaceeeeiiiidnooooo ouuuuy s"
                                   "aaaaaaaceeeeiiiidnooooo ouuuuy y";

/* Of code page 850, from 0x80. */
static const char old_letters[] = "cueaaaaceeeiiiaaeaaooouuyou     "
                                  "aiounn                          ";

/* The next letter or digit in small ASCII, ' ' for anything else; *size: the octets that it takes. */
static char fold_letter(struct bytes in, size_t *size) {
    uint8_t c = in.p[0];
    *size = 1;
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ? (char)c
               : c >= 'A' && c <= 'Z'                           ? (char)(c + 32)
                                                                : ' ';
    if (c == 0xc3 && in.n > 1 && (in.p[1] & 0xc0) == 0x80) {
        *size = 2;
        return base_letters[in.p[1] & 0x3f];
    }
    if (c == 0xc2 && in.n > 1 && (in.p[1] & 0xc0) == 0x80) {
        *size = 2;
        return ' ';
    }
    return c >= 0xc0 ? base_letters[c & 0x3f] : old_letters[c & 0x3f];
}

static bool is_capital(uint8_t c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_small(uint8_t c) {
    return c >= 'a' && c <= 'z';
}

/* "licensePlate" and "LPRRead" are two words each. */
static bool begins_word(struct bytes name, size_t at) {
    if (at == 0 || !is_capital(name.p[at]))
        return at == 0;
    return is_small(name.p[at - 1]) ||
           (is_capital(name.p[at - 1]) && at + 1 < name.n && is_small(name.p[at + 1]));
}

static void end_word(struct words *w, bool *in_word) {
    w->count += *in_word;
    *in_word = false;
}

static void split_words(struct bytes name, struct words *w) {
    bool in_word = false;
    w->count = 0;
    w->overflow = false;
    for (size_t at = 0, size; at < name.n; at += size) {
        char c = fold_letter(bytes_of(name.p + at, name.n - at), &size);
        if (c == ' ' || begins_word(name, at))
            end_word(w, &in_word);
        if (c == ' ')
            continue;
        if (!in_word && (w->overflow |= w->count == WORDS_MAX))
            return;
        if (!in_word)
            w->n[w->count] = 0;
        in_word = true;
        if (w->n[w->count] < WORD_SIZE - 1)
            w->word[w->count][w->n[w->count]++] = c;
        w->word[w->count][w->n[w->count]] = 0;
    }
    end_word(w, &in_word);
}

/* --- plates --- */

static const char plate_sure[] =
    "licenseplate licenceplate licenseplates licplate licplt vehicleplate vehplate carplate numberplate "
    "platenumber "
    "platenumbers plateno platenr platenbr platenum platetext platestring plateread licenseplatenumber "
    "licenceplatenumber licenseno licensetag lictag tagnumber lpn lpnumber lprplate lprnumber vrm vrn placa "
    "placas "
    "matricula immatriculation immat immatriculations kennzeichen kfzkennzeichen nummernschild "
    "autokennzeichen "
    "plaqueimmatriculation noimmatriculation numimmatriculation vehiclereg vehreg regplate carreg "
    "vehicleregistration registrationplate registrationmark numeroplaca placanumero numplaca nroplaca plates "
    "fahrzeugkennzeichen polkennzeichen kennz kfzkennz "
    "targa kenteken";
static const char plate_weak[] =
    "plate tag tags lp lpr anpr alpr reg regn registration regno regnr regnumber "
    "registrationnumber registrationno plaque plaques patente patentes dominio chapa "
    "lic platebest plt pltno";
/* Words that make one of the weak ones a plate. */
static const char plate_helps[] =
    "license licence lic vehicle veh veic car auto vehiculo vehicule veiculo fahrzeug kfz number "
    "numero nummer mark plate";
/* Words that may stand beside it. */
static const char plate_beside[] =
    "no nr num nbr n nro text utf8 utf read value string str best matched detected recognised recognized raw "
    "norm "
    "normalized full de la el del du des d do da le l s numero front rear ocr result amtliches amtl "
    "polizeiliches id "
    "serial suffix sufijo digits digitos chiffres ziffern hit hot list user entered current o the of lpr "
    "anpr alpr lp reg code m corrected unicode ascii cs sc";

/* "vehicle number": its plate, or its number in a fleet. */
static const char vehicle_words[] = "vehicle veh car truck vehiculo vehicule veiculo fahrzeug kfz vehicleno "
                                    "vehiclenumber vehno carno truckno";
static const char number_words[] =
    "number no nr num nbr numero nummer vehicleno vehiclenumber vehno carno truckno";

/* Names of the letters alone. */
static const char series_words[] =
    "series serie prefix prefijo prefixe letters letras lettres alpha buchstaben part1 ortskennung "
    "kreis";

/* --- the others: one word is enough --- */

static const struct {
    enum row_name name;
    const char *words;
} others[] = {
    {ROW_NAME_BIRTH,
     "dob birth birthdate birthday dateofbirth born nacimiento fechanacimiento naissance geburtsdatum "
     "geburtstag geboren geb nascimento datanascimento ddn neele nele neale nacido naissancele gebdat "
     "gebdatum nac fnac fecnac fechanac nasc dtnasc datanasc naiss datenaiss datenaissance birthdt bday"},
    {ROW_NAME_NATIONALITY,
     "nationality nationalities citizenship ctzn citizen nacionalidad nationalite nationalitat "
     "staatsangehorigkeit nacionalidade natl nat ntlty citizenshipcountrycode ciudadania "
     "staatsburgerschaft staatsang cidadania"},
    {ROW_NAME_DOCUMENT,
     "passport document doc passportno passportnumber documentno documentnumber docno docnumber docnum "
     "pasaporte documento passeport reisepass passnummer passnr passaporte ausweis ausweisnummer "
     "dokument dokumentnummer dokumentennummer traveldocument pptno ppt visa idcard idcardno idcardnumber "
     "identitycard carteidentite personalausweis reisepassnummer reisepassnr ausweisnr passno passnum "
     "passportnr passportnum numeropasaporte nopasaporte nropasaporte numpasaporte numeropasseport "
     "numpasseport numeropassaporte traveldoc traveldocno traveldocnumber docid documentid"},
    {ROW_NAME_READER,
     "lane lanes laneid camera cameras cam cameraid cameraname direction gate confidence conf inbound "
     "outbound carril camara cameras sentido voie sens spur kamera richtung faixa pista portal checkpoint "
     "garita crossing toll peage roi lpr anpr alpr caseta fahrspur fahrtrichtung confianza confiance "
     "konfidenz confianca direccion direcao capteur sensor plateconfidence hotlist bound dir ln"},
    {ROW_NAME_TIME,
     "time timestamp datetime date ts epoch hora fecha fechahora heure horodatage horodate zeit uhrzeit "
     "datum zeitpunkt zeitstempel data datahora captured seen created readtime utc eventtime captured "
     "capturetime localtime when passage momento instant dt dttm tm"},
    {ROW_NAME_STATE,
     "state jurisdiction region country province estado pais pays land staat uf st prov provincia "
     "bundesland platestate issuer juris"},
    {ROW_NAME_PERSON,
     "name surname nm given givenname givennames firstname lastname fullname forename nombre nombres "
     "apellido apellidos nom prenom prenoms nachname vorname nome sobrenome apelido passenger traveller "
     "traveler pax passagier passager pasajero passageiro viajero voyageur familyname"},
    {ROW_NAME_VEHICLE,
     "make model color colour vin marca modelo marque modele couleur farbe marke cor vehicle vehiculo "
     "vehicule veiculo fahrzeug bodytype"},
};

static const char no_document[] =
    "type exp expiry expires expiration issue issued issuer issuing country date url title "
    "state status "
    "tipo typ emision caducidad validite ablauf gultig emissao validade pais pays image "
    "scan path file";
static const char tail_words[] =
    "number numbers no nr num nbr n nro text id numero nummer plate tag mark read "
    "registration reg value";
static const char reads_plate[] =
    "plate plates lpr anpr alpr placas placa matriculas immatriculations kennzeichen licenseplate "
    "lp plateread platereads platehits";
static const char reads_read[] =
    "read reads event events hit hits detection detections capture captures log logs record records "
    "plateread platereads platehits lecturas lectures lesungen leituras passage passages pasos "
    "crossings sightings";

/* --- values --- */

static const char makes[] = "toyota honda ford chevrolet nissan dodge volkswagen kenworth freightliner jeep "
                            "gmc hyundai kia mazda subaru "
                            "bmw audi mercedes ram buick lexus acura seat renault peugeot citroen fiat opel "
                            "skoda volvo tesla chrysler "
                            "cadillac peterbilt mitsubishi infiniti suzuki dacia mack scania";
static const char directions[] =
    "in out inbound outbound entry exit northbound southbound eastbound westbound nb sb eb wb arriving "
    "departing "
    "ingress egress entrada salida saida norte sur entrante saliente entree sortie entrant sortant nord sud "
    "einfahrt ausfahrt ein aus approaching";
static const char places[] =
    "reader lpr anpr alpr cam camera kamera lane ln carril voie spur faixa pista gate "
    "booth toll portal garita caseta";

/* --- the dictionary --- */

enum {
    OTHERS_COUNT = sizeof others / sizeof *others,
    DOCUMENTS = 1 << 2, /* by its place in `others` */
    PLATE_SURE = 1 << OTHERS_COUNT,
    PLATE_WEAK = PLATE_SURE << 1,
    PLATE_HELPS = PLATE_WEAK << 1,
    PLATE_BESIDE = PLATE_HELPS << 1,
    SERIES = PLATE_BESIDE << 1,
    SERIES_FIRST = SERIES << 1,
    SERIES_SECOND = SERIES_FIRST << 1,
    NO_DOCUMENT = SERIES_SECOND << 1,
    TAIL = NO_DOCUMENT << 1,
    READS_PLATE = TAIL << 1,
    READS_READ = READS_PLATE << 1,
    MAKES = READS_READ << 1,
    DIRECTIONS = MAKES << 1,
    WHERE = DIRECTIONS << 1,
    VEHICLES = WHERE << 1,
    NUMBERS = VEHICLES << 1,
    JOINED = NUMBERS << 1, /* begins a name that is known joined */
    STATEMENTS = JOINED << 1,
    /* Words of the names of plates and documents; what stands beside them says nothing by itself. */
    WANTED = PLATE_SURE | PLATE_WEAK | DOCUMENTS | VEHICLES | SERIES | STATEMENTS,
    PLACES = 2048, /* more than twice the words */
};

static struct { uint32_t digest, is; } dictionary[PLACES];

static uint32_t digest_word(const char *word, size_t n) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)word[i]) * 16777619u;
    return h ? h : 1;
}

static uint32_t *find_word(const char *word, size_t n, bool add) {
    static uint32_t none;
    uint32_t digest = digest_word(word, n), at = (digest ^ digest >> 15) % PLACES;
    while (dictionary[at].digest && dictionary[at].digest != digest)
        at = (at + 1) % PLACES;
    if (!dictionary[at].digest && !add)
        return &none;
    dictionary[at].digest = digest;
    return &dictionary[at].is;
}

/* How the words of row_word_is() begin: by the first letter, a bit for each second one. */
static uint32_t beginnings[26];
/* How those of row_word_may_want() do. */
static struct row_beginnings wanted;

static void add_beginning(const char *word, size_t n) {
    uint32_t letters = 0;
    for (size_t i = 0; i < n && i < 4; i++)
        letters |= (uint32_t)(uint8_t)word[i] << 8 * i;
    unsigned number = row_beginning(letters);
    wanted.numbers[number / 64] |= 1ull << number % 64;
}

/* Beginnings of four octets each, those of one bucket together: a set of letters for each place. */
struct bucket {
    uint32_t letters[ROW_FIRST];
};

enum { BUCKETS = 8, FIRSTS_MAX = 80 };
static struct {
    struct bucket all[FIRSTS_MAX];
    uint32_t growth[FIRSTS_MAX][FIRSTS_MAX]; /* [a][b], a < b: how many texts more both hold as one */
    unsigned count;
} firsts;

static unsigned count_texts(const struct bucket *a, const struct bucket *b) {
    unsigned n = 1;
    for (unsigned i = 0; i < ROW_FIRST; i++)
        n *= (unsigned)__builtin_popcount(a->letters[i] | b->letters[i]);
    return n;
}

static void note_growth(unsigned at) {
    const struct bucket *bucket = firsts.all, *b = &bucket[at];
    unsigned own = count_texts(b, b);
    for (unsigned i = 0; i < firsts.count; i++) {
        unsigned apart = own + count_texts(&bucket[i], &bucket[i]), both = count_texts(b, &bucket[i]);
        firsts.growth[i < at ? i : at][i < at ? at : i] = both > apart ? both - apart : 0;
    }
}

/* Puts the two together that then hold the fewest texts more. */
static void join_two(void) {
    unsigned a = 0, b = 1, last = firsts.count - 1;
    for (unsigned i = 0; i < last; i++)
        for (unsigned k = i + 1; k <= last; k++)
            if (firsts.growth[i][k] < firsts.growth[a][b])
                a = i, b = k;
    for (unsigned i = 0; i < ROW_FIRST; i++)
        firsts.all[a].letters[i] |= firsts.all[b].letters[i];
    firsts.all[b] = firsts.all[last];
    firsts.count = last;
    note_growth(a);
    if (b < last)
        note_growth(b);
}

/* Any octets may follow a shorter word. */
static struct bucket bucket_of(const char *word, size_t n) {
    struct bucket out;
    for (unsigned i = 0; i < ROW_FIRST; i++)
        out.letters[i] = i < n ? 1u << (word[i] & 31) : ~0u;
    return out;
}

static void add_first(const char *word, size_t n) {
    struct bucket new = bucket_of(word, n);
    for (unsigned i = 0; i < firsts.count; i++)
        if (memcmp(&firsts.all[i], &new, sizeof new) == 0)
            return;
    if (firsts.count == FIRSTS_MAX)
        join_two();
    firsts.all[firsts.count] = new;
    note_growth(firsts.count++);
}

static void fill_letters(void) {
    while (firsts.count > BUCKETS)
        join_two();
    for (unsigned i = 0; i < firsts.count; i++)
        for (unsigned k = 0; k < ROW_FIRST * 32; k++)
            if (firsts.all[i].letters[k / 32] >> k % 32 & 1)
                wanted.letters[k / 32][k % 32] |= (uint8_t)(1u << i);
}

static void add_words(const char *list, uint32_t is) {
    while (*list) {
        size_t n = strcspn(list, " ");
        *find_word(list, n, true) |= is;
        if (is & (MAKES | DIRECTIONS | WHERE))
            beginnings[list[0] - 'a'] |= 1u << (list[1] - 'a');
        if (is & WANTED) {
            add_beginning(list, n);
            add_first(list, n);
        }
        list += n + (list[n] == ' ');
    }
}

/* Made at the first question; it does not change any more. */
static void fill_dictionary(void) {
    static bool filled;
    if (filled)
        return;
    for (unsigned i = 0; i < OTHERS_COUNT; i++)
        add_words(others[i].words, 1u << i);
    add_words(plate_sure, PLATE_SURE);
    add_words(plate_weak, PLATE_WEAK);
    add_words(plate_helps, PLATE_HELPS);
    add_words(plate_beside, PLATE_BESIDE);
    add_words(series_words, SERIES);
    add_words("serie series", SERIES_FIRST);
    add_words("number numero nummer", SERIES_SECOND);
    add_words(no_document, NO_DOCUMENT);
    add_words(tail_words, TAIL);
    add_words("id identity carte ne nee naissance personal", JOINED);
    add_words("create copy", STATEMENTS);
    add_words(reads_plate, READS_PLATE);
    add_words(reads_read, READS_READ);
    add_words(makes, MAKES);
    add_words(directions, DIRECTIONS);
    add_words(places, WHERE);
    add_words(vehicle_words, VEHICLES);
    add_words(number_words, NUMBERS);
    fill_letters();
    filled = true;
}

/* What all of them are together. */
static uint32_t look_up(struct words *w) {
    uint32_t all = 0;
    fill_dictionary();
    for (unsigned i = 0; i < w->count; i++)
        all |= w->is[i] = *find_word(w->word[i], w->n[i], false);
    return all;
}

static enum row_name name_plate(const struct words *w) {
    bool tag = false, sure = false, weak = false, helps = false, series = false;
    for (unsigned i = 0; i < w->count; i++) {
        uint32_t is = w->is[i];
        if (is & PLATE_SURE)
            sure = true;
        else if (is & SERIES)
            series = true;
        else if (is & PLATE_WEAK)
            helps |= weak, weak = true;
        else if (is & PLATE_HELPS)
            helps = true;
        else if (!(is & PLATE_BESIDE))
            return ROW_NAME_OTHER;
        /* The number of an asset's tag, of a registration or a plate of samples is anything. */
        if (weak && strcmp(w->word[i], "id") == 0)
            return tag ? ROW_NAME_OTHER : ROW_NAME_PLATE_WEAK;
        tag |= strcmp(w->word[i], "tag") == 0;
    }
    if (!sure && !weak)
        return ROW_NAME_OTHER;
    if (series)
        return ROW_NAME_SERIES;
    return sure || helps ? ROW_NAME_PLATE : ROW_NAME_PLATE_WEAK;
}

/* "document type", "passport expiry" */
static bool is_beside_document(const struct words *w) {
    for (unsigned i = 0; i < w->count; i++)
        if (w->is[i] & NO_DOCUMENT)
            return true;
    return false;
}

static bool is_vehicle_number(const struct words *w) {
    bool vehicle = false, number = false;
    for (unsigned i = 0; i < w->count; i++) {
        if (!(w->is[i] & (VEHICLES | NUMBERS | PLATE_BESIDE)))
            return false;
        vehicle |= (w->is[i] & VEHICLES) != 0;
        number |= (w->is[i] & NUMBERS) != 0;
    }
    return vehicle && number;
}

static enum row_name name_other(const struct words *w, unsigned i) {
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (w->is[i] & 1u << k && (others[k].name != ROW_NAME_DOCUMENT || !is_beside_document(w)))
            return others[k].name;
    return ROW_NAME_OTHER;
}

/* "ID card", "né(e) le": words of which each alone says nothing. */
static enum row_name name_joined(const struct words *w) {
    struct words whole = {.count = 1};
    for (unsigned i = 0; i < w->count && w->count > 1; i++) {
        if (whole.n[0] + w->n[i] >= WORD_SIZE)
            return ROW_NAME_OTHER;
        memcpy(whole.word[0] + whole.n[0], w->word[i], w->n[i]);
        whole.n[0] = (uint8_t)(whole.n[0] + w->n[i]);
    }
    look_up(&whole);
    return name_other(&whole, 0);
}

/* One word of plain letters, as most of text is, that no list holds. */
static bool is_strange_word(struct bytes name) {
    char word[WORD_SIZE];
    if (name.n >= WORD_SIZE)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = i == 0 && is_capital(name.p[i]) ? (uint8_t)(name.p[i] + 32) : name.p[i];
        if (!is_small(c))
            return false;
        word[i] = (char)c;
    }
    fill_dictionary();
    return *find_word(word, name.n, false) == 0;
}

enum row_name row_name_of(struct bytes name) {
    struct words w;
    if (name.n == 0 || name.n > ROW_NAME_MAX || is_strange_word(name))
        return ROW_NAME_OTHER;
    split_words(name, &w);
    if (w.count == 0 || w.overflow || !look_up(&w))
        return ROW_NAME_OTHER;
    enum row_name plate = name_plate(&w);
    if (plate != ROW_NAME_OTHER)
        return plate;
    if (is_vehicle_number(&w))
        return ROW_NAME_PLATE_WEAK;
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        for (unsigned i = 0; i < w.count; i++)
            if (w.is[i] & 1u << k && (others[k].name != ROW_NAME_DOCUMENT || !is_beside_document(&w)))
                return others[k].name;
    return w.is[0] & JOINED ? name_joined(&w) : ROW_NAME_OTHER;
}

bool row_name_is_tail(struct bytes word) {
    struct words w;
    if (word.n == 0 || word.n > WORD_SIZE)
        return false;
    split_words(word, &w);
    look_up(&w);
    return w.count == 1 && w.is[0] & TAIL;
}

/* By its first two letters, most words cannot be any of them. */
static bool may_be_word(struct bytes word) {
    if (word.n < 2)
        return false;
    unsigned a = (word.p[0] | 32u) - 'a', b = (word.p[1] | 32u) - 'a';
    return a >= 26 || b >= 26 || beginnings[a] >> b & 1; /* letters with accents may be any */
}

unsigned row_word_is(struct bytes word) {
    char letters[16];
    size_t n = 0;
    fill_dictionary();
    if (!may_be_word(word))
        return 0;
    for (size_t at = 0, size; at < word.n; at += size) {
        if (n == sizeof letters)
            return 0;
        letters[n++] = fold_letter(bytes_of(word.p + at, word.n - at), &size);
    }
    uint32_t is = *find_word(letters, n, false);
    return (is & MAKES ? ROW_WORD_MAKE : 0) | (is & DIRECTIONS ? ROW_WORD_DIRECTION : 0) |
           (is & WHERE ? ROW_WORD_PLACE : 0);
}

const struct row_beginnings *row_wanted_beginnings(void) {
    fill_dictionary();
    return &wanted;
}

/* The word that the text begins with, in small ASCII: its letters, and in *size how many octets they take. */
static size_t fold_word(struct bytes text, char word[WORD_SIZE], size_t *size) {
    size_t at = 0, n = 0;
    for (size_t took; at < text.n && n < WORD_SIZE - 1; at += took) {
        uint8_t c = text.p[at], small = c | 32;
        took = 1;
        if (c >= 0x80)
            small = (uint8_t)fold_letter(bytes_of(text.p + at, text.n - at), &took);
        if (small < 'a' || small > 'z' || (at > 0 && is_capital(c) && is_small(text.p[at - 1])))
            break;
        word[n++] = (char)small;
    }
    *size = at;
    return n;
}

size_t row_word_may_want(struct bytes text, bool *statement) {
    char word[WORD_SIZE];
    size_t at;
    size_t n = fold_word(text, word, &at);
    uint32_t is = *find_word(word, n, false) & WANTED;
    *statement = is == STATEMENTS;
    return is ? at : 0;
}

bool row_name_is_reads(struct bytes table) {
    struct words w;
    bool plate = false, read = false;
    if (table.n == 0 || table.n > ROW_NAME_MAX)
        return false;
    split_words(table, &w);
    look_up(&w);
    for (unsigned i = 0; i < w.count; i++) {
        plate |= (w.is[i] & READS_PLATE) != 0;
        read |= (w.is[i] & READS_READ) != 0;
    }
    return plate && read;
}

bool row_name_is_series(struct bytes first, struct bytes second) {
    enum { SHORTEST = 5 /* "serie" */ };
    struct words a, b;
    if (first.n < SHORTEST || second.n < SHORTEST || first.n > WORD_SIZE || second.n > WORD_SIZE)
        return false;
    split_words(first, &a);
    split_words(second, &b);
    look_up(&a);
    look_up(&b);
    return a.count == 1 && b.count == 1 && a.is[0] & SERIES_FIRST && b.is[0] & SERIES_SECOND;
}
