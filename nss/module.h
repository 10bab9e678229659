/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What glibc calls in libnss_wattle.so.2, nothing else of which is visible: names of devices and
 * their addresses, from the indexes in /run/wattle. glibc takes one of these by family and flags,
 * and does without an answer if that one is missing: with AF_UNSPEC gethostbyname4_r, with
 * AI_CANONNAME and one family gethostbyname3_r, else gethostbyname2_r (getaddrinfo() in glibc's
 * nss/getaddrinfo.c; sysdeps/posix/ before 2.38).
 *
 * All keep no state between calls: descriptors would be closed by daemons that close them all, and
 * one look-up takes a few microseconds. They are for any number of threads.
 *
 * NSS_STATUS_TRYAGAIN with ERANGE and NETDB_INTERNAL asks for a larger buffer;
 * NSS_STATUS_NOTFOUND with NO_DATA is a device without an address of that family. */
#pragma once

#include <netdb.h>
#include <nss.h>
#include <stdint.h>
#include <sys/socket.h>

#define WATTLE_EXPORT __attribute__((visibility("default")))

WATTLE_EXPORT enum nss_status _nss_wattle_gethostbyname_r(const char *name, struct hostent *ret,
                                                          char *buffer, size_t size, int *errnop,
                                                          int *h_errnop);
WATTLE_EXPORT enum nss_status _nss_wattle_gethostbyname2_r(const char *name, int family,
                                                           struct hostent *ret, char *buffer,
                                                           size_t size, int *errnop, int *h_errnop);
WATTLE_EXPORT enum nss_status _nss_wattle_gethostbyname3_r(const char *name, int family,
                                                           struct hostent *ret, char *buffer,
                                                           size_t size, int *errnop, int *h_errnop,
                                                           int32_t *ttl, char **canonical);
WATTLE_EXPORT enum nss_status _nss_wattle_gethostbyname4_r(const char *name,
                                                           struct gaih_addrtuple **ret,
                                                           char *buffer, size_t size, int *errnop,
                                                           int *h_errnop, int32_t *ttl);
WATTLE_EXPORT enum nss_status _nss_wattle_gethostbyaddr_r(const void *address, socklen_t length,
                                                          int family, struct hostent *ret,
                                                          char *buffer, size_t size, int *errnop,
                                                          int *h_errnop);
WATTLE_EXPORT enum nss_status _nss_wattle_gethostbyaddr2_r(const void *address, socklen_t length,
                                                           int family, struct hostent *ret,
                                                           char *buffer, size_t size, int *errnop,
                                                           int *h_errnop, int32_t *ttl);
