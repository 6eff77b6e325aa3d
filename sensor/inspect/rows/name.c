/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/name.h"

enum { WORDS_MAX = 8, WORD_SIZE = 24 };

struct words {
    unsigned count;
    bool overflow;
    char word[WORDS_MAX][WORD_SIZE];
    uint8_t n[WORDS_MAX];
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

/* `list`: words between blanks. */
static bool is_listed(const char *list, const char *word, size_t n) {
    for (const char *at = list; (at = strstr(at, word)); at++)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == 0))
            return true;
    return false;
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
    "fahrzeugkennzeichen polkennzeichen kennz kfzkennz";
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
    "anpr alpr lp reg code m corrected unicode ascii";

/* Names of the letters alone. */
static const char series_words[] =
    "series serie prefix prefijo prefixe letters letras lettres alpha buchstaben part1 ortskennung "
    "kreis";

static enum row_name name_plate(const struct words *w) {
    bool sure = false, weak = false, helps = false, series = false;
    for (unsigned i = 0; i < w->count; i++) {
        const char *word = w->word[i];
        size_t n = w->n[i];
        if (is_listed(plate_sure, word, n))
            sure = true;
        else if (is_listed(series_words, word, n))
            series = true;
        else if (is_listed(plate_weak, word, n))
            helps |= weak, weak = true;
        else if (is_listed(plate_helps, word, n))
            helps = true;
        else if (!is_listed(plate_beside, word, n))
            return ROW_NAME_OTHER;
        /* The number of an asset's tag, of a registration or a plate of samples is anything. */
        if (weak && strcmp(word, "id") == 0)
            return ROW_NAME_PLATE_WEAK;
    }
    if (!sure && !weak)
        return ROW_NAME_OTHER;
    if (series)
        return ROW_NAME_SERIES;
    return sure || helps ? ROW_NAME_PLATE : ROW_NAME_PLATE_WEAK;
}

/* --- the others: one word is enough --- */

static const struct {
    enum row_name name;
    const char *words;
} others[] = {
    {ROW_NAME_BIRTH,
     "dob birth birthdate birthday dateofbirth born nacimiento fechanacimiento naissance geburtsdatum "
     "geburtstag geboren geb nascimento datanascimento ddn"},
    {ROW_NAME_NATIONALITY,
     "nationality nationalities citizenship ctzn citizen nacionalidad nationalite nationalitat "
     "staatsangehorigkeit nacionalidade natl nat ciudadania"},
    {ROW_NAME_DOCUMENT,
     "passport document doc passportno passportnumber documentno documentnumber docno docnumber docnum "
     "pasaporte documento passeport reisepass passnummer passnr passaporte ausweis ausweisnummer "
     "dokument dokumentnummer dokumentennummer traveldocument pptno ppt"},
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

/* "document type", "passport expiry" */
static bool is_beside_document(const struct words *w) {
    for (unsigned i = 0; i < w->count; i++)
        if (is_listed("type exp expiry expires expiration issue issued issuer issuing country date url title "
                      "state status "
                      "tipo typ emision caducidad validite ablauf gultig emissao validade pais pays image "
                      "scan path file",
                      w->word[i], w->n[i]))
            return true;
    return false;
}

enum row_name row_name_of(struct bytes name) {
    struct words w;
    if (name.n == 0 || name.n > ROW_NAME_MAX)
        return ROW_NAME_OTHER;
    split_words(name, &w);
    if (w.count == 0 || w.overflow)
        return ROW_NAME_OTHER;
    enum row_name plate = name_plate(&w);
    if (plate != ROW_NAME_OTHER)
        return plate;
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        for (unsigned i = 0; i < w.count; i++)
            if (is_listed(others[k].words, w.word[i], w.n[i]) &&
                (others[k].name != ROW_NAME_DOCUMENT || !is_beside_document(&w)))
                return others[k].name;
    return ROW_NAME_OTHER;
}

bool row_name_is_tail(struct bytes word) {
    struct words w;
    if (word.n == 0 || word.n > WORD_SIZE)
        return false;
    split_words(word, &w);
    return w.count == 1 &&
           is_listed("number numbers no nr num nbr n nro text id numero nummer plate tag mark read "
                     "registration reg value",
                     w.word[0], w.n[0]);
}

bool row_name_is_reads(struct bytes table) {
    struct words w;
    bool plate = false, read = false;
    if (table.n == 0 || table.n > ROW_NAME_MAX)
        return false;
    split_words(table, &w);
    for (unsigned i = 0; i < w.count; i++) {
        plate |= is_listed(
            "plate plates lpr anpr alpr placas placa matriculas immatriculations kennzeichen licenseplate "
            "lp plateread platereads platehits",
            w.word[i], w.n[i]);
        read |= is_listed(
            "read reads event events hit hits detection detections capture captures log logs record records "
            "plateread platereads platehits lecturas lectures lesungen leituras passage passages pasos "
            "crossings sightings",
            w.word[i], w.n[i]);
    }
    return plate && read;
}

bool row_name_is_series(struct bytes first, struct bytes second) {
    struct words a, b;
    if (first.n > WORD_SIZE || second.n > WORD_SIZE)
        return false;
    split_words(first, &a);
    split_words(second, &b);
    return a.count == 1 && b.count == 1 && is_listed("serie series", a.word[0], a.n[0]) &&
           is_listed("number numero nummer", b.word[0], b.n[0]);
}
