// libcurl's setopt and getinfo are variadic, which Swift cannot call: one typed function for each type of argument.
#pragma once
#include <curl/curl.h>

typedef size_t (*relay_write_function)(char *bytes, size_t size, size_t count, void *context);
typedef int (*relay_socket_function)(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);
typedef int (*relay_timer_function)(CURLM *multi, long timeout_ms, void *context);
typedef curl_socket_t (*relay_open_function)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode relay_easy_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_easy_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_easy_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_easy_set_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_easy_set_headers(CURL *easy, struct curl_slist *headers) {
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}
static inline CURLcode relay_easy_set_write(CURL *easy, relay_write_function function) {
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
}
// Gets the header lines of an answer, one at a time. The same type as for the body.
static inline CURLcode relay_easy_set_header(CURL *easy, relay_write_function function) {
  return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function);
}
static inline CURLcode relay_easy_set_open(CURL *easy, relay_open_function function) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}
// CURLOPT_PROTOCOLS is deprecated from 7.85 on, and its successor does not exist before.
static inline CURLcode relay_easy_allow_http_only(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
  return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}
// Otherwise the end of a transfer that is still looking up a name waits for the system's resolver to give up, and all other
// transfers wait with it. An option from 7.87 on.
static inline CURLcode relay_easy_abandon_lookup(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
  return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
  return CURLE_OK;
#endif
}
static inline CURLcode relay_easy_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode relay_easy_get_time(CURL *easy, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode relay_easy_get_string(CURL *easy, CURLINFO info, const char **value) {
  return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode relay_easy_get_pointer(CURL *easy, CURLINFO info, void **value) {
  return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode relay_easy_get_certificates(CURL *easy, struct curl_certinfo **value) {
  return curl_easy_getinfo(easy, CURLINFO_CERTINFO, value);
}
static inline CURLMcode relay_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode relay_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
  return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode relay_multi_set_socket(CURLM *multi, relay_socket_function function) {
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}
static inline CURLMcode relay_multi_set_timer(CURLM *multi, relay_timer_function function) {
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}
static inline CURLcode relay_message_result(const CURLMsg *message) { return message->data.result; }
