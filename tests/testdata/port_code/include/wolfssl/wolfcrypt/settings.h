#ifndef SETTINGS_H
#define SETTINGS_H
time_t wolfssl_port_time(time_t *timer);
int wolfssl_port_seed(unsigned char *output, unsigned int size);
typedef int wolfSSL_Mutex;
#endif
