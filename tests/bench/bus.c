/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system bus, for 'wattle apply --dry-run': systemd, to which all units that it is asked for
 * are loaded and active, and nobody else. Standard input is the socket that it listens on. */
#include <systemd/sd-bus.h>

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

static int answer(sd_bus_message *call, void *data, sd_bus_error *error)
{
        const char *interface, *property = "";

        (void)data;
        (void)error;
        if (sd_bus_message_is_method_call(call, NULL, "Hello"))
                return sd_bus_reply_method_return(call, "s", ":1.1");
        if (sd_bus_message_is_method_call(call, NULL, "NameHasOwner"))
                return sd_bus_reply_method_return(call, "b", 0);
        if (sd_bus_message_is_method_call(call, NULL, "ListUnitsByPatterns"))
                return sd_bus_reply_method_return(call, "a(ssssssouso)", 0);
        if (!sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get"))
                return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_METHOD, "not here");
        sd_bus_message_read(call, "ss", &interface, &property);
        return sd_bus_reply_method_return(call, "v", "s", property[0] == 'L' ? "loaded" : "active");
}

static int serve(int fd)
{
        sd_bus *bus = NULL;
        int result = sd_bus_new(&bus);

        if (result >= 0)
                result = sd_bus_set_fd(bus, fd, fd);
        if (result >= 0)
                result = sd_bus_set_server(bus, 1, (sd_id128_t){ .bytes = { 1 } });
        if (result >= 0)
                result = sd_bus_add_filter(bus, NULL, answer, NULL);
        if (result >= 0)
                result = sd_bus_start(bus);
        while (result >= 0) {
                result = sd_bus_process(bus, NULL);
                if (result == 0)
                        result = sd_bus_wait(bus, UINT64_MAX);
        }
        sd_bus_unref(bus);
        return result;
}

int main(void)
{
        int fd;

        /* Whom it keeps waiting is measured, and runs ahead of all else: see measure.c. */
        sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
        while ((fd = accept(STDIN_FILENO, NULL, NULL)) >= 0)
                serve(fd);
        return 0;
}
