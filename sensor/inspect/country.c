/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/country.h"

/* By the first letter: what follows it, one behind another. */
static const char *const second[26] = {"DEFGILMOQRSTUWXZ",
                                       "ABDEFGHIJLMNOQRSTVWYZ",
                                       "ACDFGHIKLMNORUVWXYZ",
                                       "EJKMOZ",
                                       "CEGHRST",
                                       "IJKMOR",
                                       "ABDEFGHILMNPQRSTUWY",
                                       "KMNRTU",
                                       "DELMNOQRST",
                                       "EMOP",
                                       "EGHIMNPRWYZ",
                                       "ABCIKRSTUVY",
                                       "ACDEFGHKLMNOPQRSTUVWXYZ",
                                       "ACEFGILOPRUZ",
                                       "M",
                                       "AEFGHKLMNRSTWY",
                                       "A",
                                       "EOSUW",
                                       "ABCDEGHIJKLMNORSTVXYZ",
                                       "CDFGHJKLMNORTVWZ",
                                       "AGMSYZ",
                                       "ACEGINU",
                                       "FS",
                                       "",
                                       "ET",
                                       "AMW"};
static const char *const second_and_third[26] = {"BWFGGOIALALBNDRERGRMSMTATFTGUSUTZE",
                                                 "DIELENESFAGDGRHRHSIHLMLRLZMUOLRARBRNTNVTWA",
                                                 "AFANCKHEHLHNIVMRODOGOKOLOMPVRIUBUWXRYMYPZE",
                                                 "EUJIMANKOMZA",
                                                 "CUGYRISHSPSTTHUE",
                                                 "INJILKRAROSM",
                                                 "ABBDBNBOBPBRBSEOGYHAIBINLPMBNBNQRCRDRLTMUFUMUY",
                                                 "KGMDNDRVTIUN",
                                                 "DNMNNDOTRLRNRQSLSRTA",
                                                 "AMEYORPN",
                                                 "AZENGZHMIRNAORWT",
                                                 "AOBNBRBYCAIEKASOTUUXVA",
                                                 "ACAFARCODADGDVEXHLKDLILTMRNENGNPOZRTSRTQUSWIYSYT",
                                                 "AMCLERFKGAICIULDORPLRUZL",
                                                 "MN",
                                                 "AKANCNERHLLWNGOLRIRKRTRYSEYF",
                                                 "AT",
                                                 "EUKSOUUSWA",
                                                 "AUDNENGPGSHNJMLBLELVMROMPMRBSDTPURVKVNWEWZXMYCYR",
                                                 "CACDGOHAJKKLKMLSONTOUNURUVWNZA",
                                                 "GAKRMINANKNORYSATOZB",
                                                 "ATCTENGBIRNMUT",
                                                 "LFSM",
                                                 "BACCCECODCECIMMPOMPOXAXBXCXX",
                                                 "EM",
                                                 "AFMBWE"};

static bool is_capital(uint8_t c) {
    return c >= 'A' && c <= 'Z';
}

bool country_is_alpha2(const uint8_t code[2]) {
    return is_capital(code[0]) && is_capital(code[1]) && strchr(second[code[0] - 'A'], code[1]);
}

bool country_is_alpha3(const uint8_t code[3]) {
    if (!is_capital(code[0]))
        return false;
    for (const char *p = second_and_third[code[0] - 'A']; *p; p += 2)
        if ((uint8_t)p[0] == code[1] && (uint8_t)p[1] == code[2])
            return true;
    return false;
}

bool country_is_in_zone(const uint8_t code[3]) {
    return country_is_alpha3(code) || memcmp(code, "D<<", 3) == 0;
}
